"""Which bytecode stays from one run of the checks to the next, and which never does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from freebsd_port.openstack.store.proof.checks import CheckSetup, fresh_bytecode


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckSetup:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    tools = tmp_path / "cache/freebsd-port/tools/3.11-0123456789abcdef"
    packages = tmp_path / "packages"
    for directory, name in ((tools, "a_tool"), (packages, "a_package")):
        directory.mkdir(parents=True)
        (directory / f"{name}.py").write_text("VALUE = 1\n")
    return CheckSetup(Path(sys.executable), packages, tools, tmp_path / "checks", is_on_path=False)


def run(setup: CheckSetup, text: str) -> str:
    with fresh_bytecode(setup) as bytecode:
        environment = {
            "PYTHONPATH": os.pathsep.join(map(str, (setup.tools, setup.packages))),
            "PYTHONPYCACHEPREFIX": str(bytecode),
        }
        done = subprocess.run(
            [setup.python, "-c", text], env=environment, capture_output=True, text=True, check=True
        )
    assert not bytecode.exists()
    return done.stdout


def kept(setup: CheckSetup) -> set[str]:
    cache = setup.tools.parents[1] / "bytecode"
    return {path.name.partition(".")[0] for path in cache.rglob("*.pyc")}


def test_the_bytecode_of_the_tools_and_of_the_library_stays(setup: CheckSetup) -> None:
    run(setup, "import a_tool, a_package, json")
    assert {"a_tool", "decoder"} <= kept(setup)
    told = run(setup, "import a_tool; print(a_tool.__spec__.cached)")
    assert (setup.tools.parents[1] / "bytecode" / setup.tools.name).is_dir()
    assert "a_tool" in told


def test_a_package_of_the_same_size_and_time_is_compiled_again(setup: CheckSetup) -> None:
    source = setup.packages / "a_package.py"
    text = "import a_package; print(a_package.VALUE)"
    assert run(setup, text) == "1\n"
    before = source.stat()
    source.write_text("VALUE = 2\n")
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert run(setup, text) == "2\n"
    assert "a_package" not in kept(setup)


def test_tools_among_the_packages_are_compiled_each_time(setup: CheckSetup) -> None:
    own = CheckSetup(setup.python, setup.packages, setup.packages, setup.checks, is_on_path=False)
    run(own, "import a_package")
    assert "a_package" not in kept(setup)


def test_a_library_with_the_packages_in_it_is_compiled_each_time(setup: CheckSetup) -> None:
    python = Path(os.path.realpath(setup.python))
    site = python.parents[1] / "lib" / python.name / "site-packages"
    own = CheckSetup(setup.python, site, setup.tools, setup.checks, is_on_path=False)
    run(own, "import a_tool, json")
    assert "a_tool" in kept(setup)
    assert "decoder" not in kept(setup)


def test_a_cache_that_cannot_be_written_is_no_failure(setup: CheckSetup) -> None:
    (setup.tools.parents[1] / "bytecode").write_text("a file where the directory would be")
    assert run(setup, "import a_tool; print(a_tool.VALUE)") == "1\n"
