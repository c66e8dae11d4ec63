"""Read, write, replace and lock files."""
