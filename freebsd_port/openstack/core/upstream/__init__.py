"""Patches that are ready for upstream, and the changes for Gerrit that are made of them."""

SUFFIX = ".upstream"
"""What the name of a patch's directory of upstream files has in place of `.patch`."""
