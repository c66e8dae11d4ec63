"""A proof of `rebase` that imports nothing of freebsd_port: it runs the command, judges files."""
