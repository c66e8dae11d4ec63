"""Plan a series in memory: where each hunk is placed, and what the files become."""
