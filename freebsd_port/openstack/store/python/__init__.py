"""Pythons, environments, wheels, pip and the index."""
