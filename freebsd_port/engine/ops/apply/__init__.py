"""Bring a target to a series."""
