"""Runs oslo-rootwrap's main() in this process, which loses its descriptors and its limit."""

import json
import os
import resource
import sys

from oslo_rootwrap import cmd


def run_main(config_file, *numbers):
    """Open the descriptors `numbers`, run main(), and print which of them are still open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft <= max(numbers):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(numbers) + 1, hard))
    for number in numbers:
        os.dup2(0, number)
    sys.argv = ["oslo-rootwrap", config_file, "echo", "from the command"]
    try:
        cmd.main()
    except SystemExit as end:
        status = end.code
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    still_open = [number for number in numbers if is_open(number)]
    print(json.dumps({"status": status, "limits": limits, "open": still_open, "hard": hard}))


def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
