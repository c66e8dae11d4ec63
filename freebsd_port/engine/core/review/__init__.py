"""What a reviewer sees: the facts of each hunk, the findings on it, and the decisions."""
