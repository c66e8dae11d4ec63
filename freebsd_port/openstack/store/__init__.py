"""Disk, processes and network for releases."""
