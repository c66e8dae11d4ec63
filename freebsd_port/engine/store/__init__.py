"""Disk, processes and network of the engine."""
