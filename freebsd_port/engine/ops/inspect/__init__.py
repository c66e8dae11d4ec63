"""Look at a series on any tree; nothing is written."""
