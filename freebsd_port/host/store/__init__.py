"""Disk, processes and network of a host."""
