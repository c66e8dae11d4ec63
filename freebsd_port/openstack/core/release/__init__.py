"""A release: its pins, requirements, and what the index has."""
