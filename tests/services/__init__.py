"""Real services: nova as an operator runs it, against a real broker, database and placement.

The harness runs in the tool's Python; what needs the target's packages is in `in_target`.
"""
