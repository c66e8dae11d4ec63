"""What the checks and upstream's tests showed."""
