"""Runs code in a subprocess whose platform is emulated; this process stays as it is."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
LEVELS = ("mount namespace", "Python level")
PROFILES = ("freebsd-13.1", "freebsd-14.5", "freebsd-15.0")

PRELUDE = """
import errno, json, os, sys
sys.path.insert(0, {root!r})
from freebsd_port.in_target.emulation import activate, load_profile

def raised(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except Exception as error:
        number = getattr(error, "errno", None)
        name = errno.errorcode.get(number) if number is not None else None
        return [type(error).__name__, name, str(error)]
    return None

def main():
    profile = load_profile({profile!r})
    emulation = activate(profile, {level!r})
"""
POSTLUDE = """
    return answer

if __name__ == "__main__":
    print(json.dumps(main()))
"""


class Host:
    """One profile at one level; each run is a new process."""

    def __init__(self, profile: str, level: str | None, directory: Path) -> None:
        self.profile = profile
        self.level = level
        self._directory = directory

    def run(self, code: str) -> Any:
        """What the code leaves in `answer`; `raised(call, ...)` gives [class, errno, text]."""
        prelude = PRELUDE.format(root=str(ROOT), profile=self.profile, level=self.level)
        script = self._directory / "emulated.py"
        script.write_text(prelude + textwrap.indent(textwrap.dedent(code), "    ") + POSTLUDE)
        done = subprocess.run(
            [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


def _is_namespace_permitted() -> bool:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from freebsd_port.in_target.emulation import namespace; namespace.enter()"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


@pytest.fixture(scope="session")
def is_namespace_permitted() -> bool:
    return _is_namespace_permitted()


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest, is_namespace_permitted: bool) -> str:
    if request.param == LEVELS[0] and not is_namespace_permitted:
        pytest.skip("this machine permits no mount namespace; the Python level is tested")
    return request.param


@pytest.fixture(params=PROFILES)
def host(request: pytest.FixtureRequest, level: str, tmp_path: Path) -> Host:
    return Host(request.param, level, tmp_path)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if sys.platform.startswith("linux"):
        return
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and {"host", "level"} & set(item.fixturenames):
            item.add_marker(pytest.mark.skip(reason="there is nothing to emulate but on Linux"))
