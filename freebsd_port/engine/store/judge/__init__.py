"""Programs that compute what a series makes of files."""
