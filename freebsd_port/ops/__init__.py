"""One verb a module: the only place where core meets store."""
