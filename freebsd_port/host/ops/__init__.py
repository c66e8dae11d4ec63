"""One verb a module, on a host."""
