"""Runs daemon_client.py: a real daemon for the checks of oslo.privsep."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = str(Path(__file__).parent)
CLIENT = "import daemon_client; daemon_client.main()"


class DaemonRun:
    """What one run of daemon_client.py printed."""

    def __init__(self, stdout, stderr):
        lines = stdout.splitlines()
        self.answers = [json.loads(line) for line in lines if line.startswith("{")]
        self.log = stderr.splitlines()

    def __repr__(self):
        return "\n".join(map(str, [*self.answers, *self.log]))

    def logged(self, level):
        """Messages of one level, in order, without the level.

        What a helper prints to stderr is no message of the daemon: its interpreter may warn
        there of whatever is installed beside it.
        """
        messages = [line[len(level) + 1 :] for line in self.log if line.startswith(level + " ")]
        return [message for message in messages if not message.startswith("privsep log: ")]


@pytest.fixture
def run_daemon(tmp_path):
    """Function (method, as_user=None, **options of the context's section) -> DaemonRun."""

    def run(method, as_user=None, **options):
        config_file = tmp_path / "checks.conf"
        lines = ["{} = {}".format(*option) for option in options.items()]
        config_file.write_text("\n".join(["[checks]", *lines, ""]))
        environment = dict(os.environ)
        paths = [environment.get("PYTHONPATH", ""), HERE, *filter(None, sys.path)]
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        arguments = [method, str(config_file)] + ([as_user] if as_user else [])
        done = subprocess.run(
            [sys.executable, "-c", CLIENT, *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return DaemonRun(done.stdout, done.stderr)

    return run
