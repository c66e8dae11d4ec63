"""Prove a patched environment."""
