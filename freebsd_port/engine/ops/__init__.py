"""One verb a module, on any tree: where core meets store."""
