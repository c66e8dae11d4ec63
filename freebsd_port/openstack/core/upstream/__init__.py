"""Patches that are ready for upstream, and the changes for Gerrit that are made of them."""
