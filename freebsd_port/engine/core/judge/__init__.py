"""Compute what a series makes of files once more, without the planner's code."""
