"""What a porter looks at: the facts of each hunk, the findings on it, and what was decided."""
