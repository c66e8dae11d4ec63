"""The state directory: originals, journal, state."""
