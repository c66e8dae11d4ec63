"""Which patch needs which, and how that is drawn."""
