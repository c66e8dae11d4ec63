"""Runs a command through oslo-rootwrap's main() in a process of its own."""

import json
import os
import subprocess
import sys

import pytest

FILTERS = """[Filters]
echo: CommandFilter, echo, root
"""

CONFIG = """[DEFAULT]
filters_path = {filters}
exec_dirs = /bin,/usr/bin
"""


@pytest.fixture
def config_file(tmp_path):
    """A rootwrap.conf that lets echo run."""
    filters = tmp_path / "filters"
    filters.mkdir()
    (filters / "echo.filters").write_text(FILTERS)
    config_file = tmp_path / "rootwrap.conf"
    config_file.write_text(CONFIG.format(filters=filters))
    return str(config_file)


@pytest.fixture
def run_rootwrap(config_file, process_limit):
    """Function (*numbers) -> (what the command printed, what rootwrap_process printed)."""

    def run(*numbers):
        code = "import rootwrap_process; rootwrap_process.run_main({!r}, *{!r})".format(
            config_file, numbers
        )
        environment = dict(os.environ)
        here = os.path.dirname(os.path.abspath(__file__))
        paths = [environment.get("PYTHONPATH", ""), here, *filter(None, sys.path)]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=process_limit,
        )
        assert done.returncode == 0, done.stderr
        printed, answer = done.stdout.splitlines()
        return printed, json.loads(answer)

    return run
