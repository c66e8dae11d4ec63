"""The plugin of tests/port, run as `verify` runs it: by path, on a directory of checks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CHECKS = """
import sys
import pytest

pytestmark = pytest.mark.patch("oslo.rootwrap/rootwrap-close-fds.patch")

@pytest.mark.on_freebsd
def test_freebsd(profile):
    assert sys.platform.startswith("freebsd")

@pytest.mark.on_linux
def test_linux(profile):
    assert profile is None and sys.platform.startswith("linux")

def test_everywhere(fresh_import):
    assert fresh_import("oslo_rootwrap.cmd").VALUE == 1
"""


class Checks:
    """A copy of the plugin with checks and a made oslo.rootwrap and nova beside them."""

    def __init__(self, root: Path, layout: str) -> None:
        self.root = root
        package = root / "freebsd_port" / "in_target" / "emulation"
        shutil.copytree(ROOT / "freebsd_port" / "in_target" / "emulation", package)
        self.port = root / layout
        (self.port / "oslo_rootwrap").mkdir(parents=True)
        for name in ("conftest.py", "pytest.ini"):
            shutil.copy(ROOT / "tests" / "port" / name, self.port)
        for name, code in (("oslo_rootwrap", ""), ("oslo_rootwrap/cmd", "VALUE = 1"), ("nova", "")):
            target = root / "packages" / name
            if "/" in name:
                target.with_suffix(".py").write_text(code)
            else:
                target.mkdir(parents=True)
                (target / "__init__.py").write_text(code)

    def write(self, code: str) -> None:
        (self.port / "oslo_rootwrap" / "test_made.py").write_text(code)

    def install(self, distribution: str, version: str) -> None:
        place = self.root / "packages" / f"{distribution}-{version}.dist-info"
        place.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
        (place / "METADATA").write_text(metadata)

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "FREEBSD_"))}
        env["PYTHONPATH"] = str(self.root / "packages")
        command = [sys.executable, "-m", "pytest", str(self.port / "oslo_rootwrap"), *options]
        return subprocess.run(
            command,
            cwd=self.root,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
        )


@pytest.fixture(params=["tests/port", "freebsd_port/data/tests/port"])
def checks(request: pytest.FixtureRequest, tmp_path: Path) -> Checks:
    made = Checks(tmp_path, request.param)
    made.write(CHECKS)
    return made


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="--profile is for Linux")
def test_an_emulated_run_deselects_the_checks_for_linux(checks):
    done = checks.run("--profile", "freebsd-14.5", "--level", "python")
    assert "platform: FreeBSD 14.5 emulated on Linux (Python level)" in done.stdout
    assert "2 passed, 1 deselected" in done.stdout
    assert done.returncode == 0


def test_a_plain_run_is_native_and_deselects_the_other_platform(checks):
    done = checks.run()
    native = "Linux (not emulated)" if sys.platform.startswith("linux") else ", native"
    assert f"{native}; 1 checks for another platform" in done.stdout
    assert "2 passed, 1 deselected" in done.stdout
    assert done.returncode == 0


def test_a_check_without_a_patch_is_an_error(checks):
    checks.write("def test_unnamed():\n    pass\n")
    done = checks.run()
    assert "checks without a patch marker" in done.stderr
    assert "test_made.py::test_unnamed" in done.stderr
    assert done.returncode == 4


def test_an_unknown_marker_is_an_error(checks):
    checks.write(CHECKS + "\n@pytest.mark.on_freebds\ndef test_typo():\n    pass\n")
    assert checks.run().returncode != 0


@pytest.mark.parametrize("indent", ["", "    "], ids=["at import", "in the check"])
def test_an_import_of_another_distribution_fails_the_run(checks, indent):
    checks.write(CHECKS + ("def test_more():\n" if indent else "") + indent + "import nova\n")
    done = checks.run()
    assert "imported ['nova'], which is not of its distribution" in done.stdout
    assert done.returncode == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="--profile is for Linux")
def test_an_unknown_profile_is_a_usage_error_with_the_known_names(checks):
    done = checks.run("--profile", "freebsd-9")
    assert "known: freebsd-13.1, freebsd-14.5, freebsd-15.0, freebsd-15.0-arm64" in done.stderr
    assert done.returncode == 4


def test_fresh_import_puts_the_first_module_back(checks):
    checks.write(
        CHECKS
        + """
import oslo_rootwrap.cmd as first

def test_1_replaces(fresh_import):
    assert fresh_import("oslo_rootwrap.cmd") is not first

def test_2_is_back():
    import oslo_rootwrap
    assert sys.modules["oslo_rootwrap.cmd"] is first is oslo_rootwrap.cmd
"""
    )
    assert checks.run().returncode == 0


def test_a_check_of_a_patch_that_is_not_on_is_deselected_and_counted(checks, tmp_path):
    checks.write(
        CHECKS
        + """
@pytest.mark.patch("oslo.rootwrap/later.patch")
def test_later():
    assert False
"""
    )
    on = tmp_path / "on"
    on.write_text("oslo.rootwrap/rootwrap-close-fds.patch\n")
    done = checks.run(f"--patches-on={on}")
    assert "2 passed, 2 deselected" in done.stdout
    assert "1 checks for another platform, 1 for patches that are not on" in done.stdout
    on.write_text("")
    assert checks.run(f"--patches-on={on}").returncode == pytest.ExitCode.NO_TESTS_COLLECTED


SINCE = """
@pytest.mark.since("oslo.rootwrap", "7.9")
def test_newer():
    pass
"""


@pytest.mark.parametrize(
    ("version", "passed", "newer"), [("7.5.1", 2, 1), ("7.9", 3, 0), ("7.10.0", 3, 0)]
)
def test_a_check_for_a_newer_version_is_deselected_and_counted(checks, version, passed, newer):
    checks.install("oslo.rootwrap", version)
    checks.write(CHECKS + SINCE)
    done = checks.run()
    assert f"{passed} passed, {1 + newer} deselected" in done.stdout
    assert f"1 checks for another platform, {newer} for newer versions" in done.stdout


def test_a_check_since_a_version_of_what_is_not_installed_is_an_error(checks):
    checks.write(CHECKS + SINCE.replace("oslo.rootwrap", "oslo.rotwrap"))
    done = checks.run()
    assert "oslo.rotwrap is not installed" in done.stderr
    assert done.returncode == 4
