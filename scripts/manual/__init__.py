"""The reference of the command line, read from its own help: pages, man pages, README's table."""
