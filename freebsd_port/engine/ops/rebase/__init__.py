"""Rebase any series from one tree to another."""
