"""The changes for upstream: read from the project, checked and exported."""
