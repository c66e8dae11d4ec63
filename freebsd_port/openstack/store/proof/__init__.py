"""Run checks and read their results."""
