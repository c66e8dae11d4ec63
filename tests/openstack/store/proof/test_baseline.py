"""A baseline of a directory of packages, made with the Python that runs us."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from made_wheel import make_wheel

from freebsd_port.openstack.store.proof.baseline import Baseline, BaselineError, make_baseline
from freebsd_port.openstack.store.python.environment import find_installed

PRIVSEP = {
    "oslo_privsep/__init__.py": b"WHO = 'as the target has it'\n",
    "oslo_privsep/who.py": b"import oslo_privsep\n\nclass Who:\n    @staticmethod\n"
    b"    def main():\n        print(oslo_privsep.WHO, oslo_privsep.__file__)\n",
    "oslo_privsep-1.0.dist-info/entry_points.txt": b"[console_scripts]\n"
    b"privsep-who = oslo_privsep.who:Who.main\n",
}


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A target of two distributions, one of which is pinned."""
    target = tmp_path / "target"
    made = [
        make_wheel(tmp_path, "oslo.privsep", files=PRIVSEP),
        make_wheel(tmp_path, "helper", files={"helper.py": b"NAME = 'helper'\n"}),
    ]
    for pin in made:
        with zipfile.ZipFile(tmp_path / pin.wheel) as archive:
            archive.extractall(target)
    return target


def baseline_of(packages: Path, root: Path, *beside: Path) -> Baseline:
    installed = find_installed(packages, ["oslo.privsep"]).values()
    return make_baseline(root, Path(sys.executable), packages, installed, beside)


def say(*command: str | Path) -> str:
    """Run with a cleaned environment, as sudo does it."""
    done = subprocess.run(
        [*map(str, command)], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_its_own_copies_come_first_and_the_rest_is_the_targets(
    packages: Path, tmp_path: Path
) -> None:
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "tool.py").write_text("")
    baseline = baseline_of(packages, tmp_path / "baseline", beside)
    (baseline.packages / "oslo_privsep/__init__.py").write_text("WHO = 'as the baseline has it'\n")
    found = say(
        baseline.python,
        "-c",
        "import oslo_privsep as o, helper, tool; print(o.WHO, helper.__file__)",
    )
    assert found == f"as the baseline has it {packages}/helper.py"
    assert (packages / "oslo_privsep/__init__.py").read_bytes() == PRIVSEP[
        "oslo_privsep/__init__.py"
    ]


def test_a_command_runs_the_twins_python_whatever_the_environment(
    packages: Path, tmp_path: Path
) -> None:
    baseline = baseline_of(packages, tmp_path / "baseline")
    found = say(baseline.root / "bin/privsep-who")
    assert found == f"as the target has it {baseline.packages}/oslo_privsep/__init__.py"


def test_the_state_of_the_overlay_comes_along(packages: Path, tmp_path: Path) -> None:
    (packages / ".freebsd-port").mkdir()
    (packages / ".freebsd-port/state.json").write_text("{}")
    baseline = baseline_of(packages, tmp_path / "baseline")
    assert (baseline.packages / ".freebsd-port/state.json").read_text() == "{}"


def test_a_python_that_makes_no_environment_is_named(packages: Path, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'Error: no venv here' >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(BaselineError, match=r"no environment could be made: .*no venv here"):
        make_baseline(tmp_path / "baseline", python, packages, ())


def test_a_target_that_cannot_be_read_is_named(packages: Path, tmp_path: Path) -> None:
    installed = find_installed(packages, ["oslo.privsep"])
    (packages / "oslo_privsep-1.0.dist-info/RECORD").unlink()
    with pytest.raises(BaselineError, match="the target cannot be copied") as caught:
        make_baseline(tmp_path / "baseline", Path(sys.executable), packages, installed.values())
    assert str(caught.value.where).endswith("RECORD")
