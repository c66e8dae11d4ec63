"""What a host has and lacks to run nova: `examine` and, by area, what is asked and how judged."""
