"""What `host verify` makes of nova's own answers, area by area."""
