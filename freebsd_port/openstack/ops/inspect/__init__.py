"""Look at the series on releases; nothing is written."""
