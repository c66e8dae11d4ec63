"""A review site on disk and over HTTP."""
