"""Review the series on all releases."""
