"""The verbs of a host."""
