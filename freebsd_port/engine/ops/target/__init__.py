"""What a verb works on: a target, its overlay, and the series for it."""
