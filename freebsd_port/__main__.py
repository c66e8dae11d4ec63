"""`python -m freebsd_port`, and the command: an interrupt while it starts leaves no traceback."""

import sys


def main() -> None:
    """Load the command line and run it."""
    try:
        from freebsd_port.cli.main import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
