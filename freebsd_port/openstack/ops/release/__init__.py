"""Releases: add, list, lock, make environments."""
