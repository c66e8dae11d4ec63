"""What a host has and lacks to run nova: `examine`, and one area a module."""
