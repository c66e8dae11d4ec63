"""`python -m freebsd_port`."""

from freebsd_port.cli.main import main

main()
