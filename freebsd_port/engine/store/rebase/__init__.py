"""A rebase that was begun, on disk."""
