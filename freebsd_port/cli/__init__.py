"""Parser and rendering: the only place that knows the terminal."""
