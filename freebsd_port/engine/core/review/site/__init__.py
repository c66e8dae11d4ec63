"""The review as HTML pages."""
