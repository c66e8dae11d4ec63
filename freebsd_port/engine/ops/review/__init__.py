"""Review a series on any tree."""
