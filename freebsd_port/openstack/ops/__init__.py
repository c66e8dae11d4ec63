"""One verb a module, on releases and environments."""
