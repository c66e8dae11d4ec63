"""The verbs below `freebsd-port host`."""
