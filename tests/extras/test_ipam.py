"""The IPAM driver in neutron's Python, over neutron's own tables."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from proof import require_environment

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "FREEBSD_PORT_TEST_NEUTRON"


def find_python() -> Path:
    """The Python of the environment that the variable names, or of the one under test."""
    named = os.environ.get(VARIABLE)
    python = Path(named) / "bin/python" if named else require_environment()[2].python
    assert python is not None
    words = [python, "-c", "import importlib.util as u; u.find_spec('neutron').name"]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip(f"no neutron in the environment under test; name another with {VARIABLE}")
    return python


def test_the_driver_keeps_its_promises_over_neutrons_tables() -> None:
    done = subprocess.run(
        [find_python(), "-W", "ignore", ROOT / "tests/extras/in_target/ipam_cases.py"],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(
                [str(ROOT / "extras"), *filter(None, [os.environ.get("PYTHONPATH")])]
            ),
        },
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "Ran 14 tests" in done.stderr
