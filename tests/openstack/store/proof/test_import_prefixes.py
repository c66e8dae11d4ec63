"""Importing prefixes of made-up packages, each way that they can end."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path

import pytest
from small_overlay import snapshot, write_tree

from freebsd_port.in_target import import_runner
from freebsd_port.openstack.core.release.platform import EMULATED
from freebsd_port.openstack.store.proof.import_prefixes import (
    ImportRunError,
    ImportStep,
    ImportTarget,
    run_imports,
)

NOTE = "open({!r}, 'a').write('x')\n"


class Packages:
    """A directory of packages, the patched one named `port`."""

    def __init__(self, root: Path) -> None:
        self.root = root / "packages"
        self.notes = root / "notes"
        write_tree(self.root, {"port/__init__.py": b"", "port/a.py": b"raise SystemExit(9)\n"})

    def note(self, name: str) -> str:
        return NOTE.format(f"{self.notes}-{name}")

    def count(self, name: str) -> int:
        return len(Path(f"{self.notes}-{name}").read_text())

    def add(self, path: str, text: str) -> None:
        write_tree(self.root, {path: text.encode()})

    def run(self, *sources: str, platform: str = "linux", seconds: float = 200) -> list[tuple]:
        """Import `port.a` with these texts, one after the other."""
        steps = [ImportStep({"port/a.py": text.encode()}, ("port.a",)) for text in sources]
        return self.steps(*steps, platform=platform, seconds=seconds)

    def steps(
        self, *steps: ImportStep, platform: str = "linux", seconds: float = 200
    ) -> list[tuple]:
        target = ImportTarget(Path(sys.executable), self.root)
        heard: list[int] = []
        found = run_imports(target, steps, platform, heard.append, seconds=seconds)
        assert heard == list(range(1, len(steps) + 1))
        return [(one.step, one.module, one.error) for one in found]


@pytest.fixture
def packages(tmp_path: Path) -> Packages:
    return Packages(tmp_path)


def test_each_step_is_imported_as_it_is_and_only_those_that_fail_are_told(
    packages: Packages,
) -> None:
    before = snapshot(packages.root)
    place = packages.root / "port/a.py"
    assert packages.run("x = 1\n", "\nx = y\n", "x = 2\n", "def f(:\n") == [
        (1, "port.a", f"NameError: name 'y' is not defined ({place}:2)"),
        (3, "port.a", "SyntaxError: invalid syntax (a.py, line 1)"),
    ]
    assert snapshot(packages.root) == before


def test_nothing_of_one_step_is_left_in_the_next(packages: Packages) -> None:
    text = "import port\nassert not hasattr(port, 'mark')\nport.mark = 1\n"
    assert packages.run(text, text, text) == []


def test_files_come_and_go(packages: Packages) -> None:
    packages.add("port/gone.py", "raise ValueError")
    use = b"from port import new\nassert new.here.x == 1\n"
    first = {"port/a.py": b"", "port/gone.py": None, "port/new/__init__.py": None}
    made = {"port/a.py": use, "port/new/__init__.py": b"from port.new import here\n"}
    steps = (
        ImportStep(first, ("port.a", "port.gone")),
        ImportStep({**made, "port/new/here.py": b"x = 1\n"}, ("port.a", "port.new.here")),
        ImportStep({"port/new/__init__.py": None}, ("port.a",)),
    )
    found = [(step, module, error.split(" (")[0]) for step, module, error in packages.steps(*steps)]
    assert found == [
        (0, "port.gone", "ModuleNotFoundError: No module named 'port.gone'"),
        (2, "port.a", "ImportError: cannot import name 'new' from 'port'"),
    ]


def test_what_does_not_depend_on_the_packages_is_imported_once(packages: Packages) -> None:
    packages.add("apart.py", packages.note("apart"))
    packages.add("user.py", packages.note("user") + "import port.base\n")
    packages.add("indirect.py", packages.note("indirect") + "from user import port\n")
    packages.add("port/base.py", "")
    packages.add("pack/__init__.py", "")
    packages.add("pack/sub.py", "import port.base\n")
    packages.add("whole.py", packages.note("whole") + "from pack import sub\n")
    text = "import apart, indirect, whole\n"
    assert packages.run(*[text] * 5) == []
    counts = {name: packages.count(name) for name in ("apart", "user", "indirect", "whole")}
    assert counts == {"apart": 2, "user": 6, "indirect": 6, "whole": 6}


def test_a_hidden_dependency_is_found_and_everything_is_imported_afresh(
    packages: Packages,
) -> None:
    hidden = (
        "import importlib\ntry:\n    value = importlib.import_module('port.base').value\n"
        "except ImportError:\n    value = None\n"
    )
    packages.add("hidden.py", packages.note("hidden") + hidden)
    packages.add("port/base.py", "value = 1\n")
    assert packages.run(*["import hidden\nassert hidden.value == 1\n"] * 4) == []
    assert packages.count("hidden") == 1 + 1 + 4


def test_a_module_that_starts_a_thread_is_not_forked(packages: Packages) -> None:
    packages.add(
        "threads.py",
        "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        + packages.note("threads"),
    )
    assert packages.run(*["import threads\n"] * 3) == []
    assert packages.count("threads") == 1 + 1 + 3


def test_a_process_that_dies_or_stays_is_told(packages: Packages) -> None:
    assert packages.run("", "import os\nos._exit(3)\n") == [
        (1, "", "the process ended with status 3")
    ]
    stays = (  # but not where the whole series is looked over first
        f"import os, time\nwhile os.path.exists({str(packages.notes)!r}): time.sleep(1)\n"
        f"open({str(packages.notes)!r}, 'w')\n"
    )
    steps = [
        ImportStep({"port/a.py": b"", "port/b.py": b""}, ("port.a",)),
        ImportStep({"port/b.py": stays.encode()}, ("port.b",)),
    ]
    assert packages.steps(*steps, seconds=15) == [(1, "", "the process did not end in time")]


def test_a_module_may_leave_print_and_have_an_eye_on_its_arguments(packages: Packages) -> None:
    talk = "import sys\nprint('hello')\nsys.stderr.write('there')\nassert sys.argv[1:] == []\n"
    assert packages.run(talk, "raise SystemExit('enough')\n") == [
        (1, "port.a", f"SystemExit: enough ({packages.root / 'port/a.py'}:1)")
    ]


def test_modules_see_the_platform_and_the_data_beside_them(packages: Packages) -> None:
    packages.add("port/data.txt", "data")
    text = (
        "import pkgutil, sys\nassert pkgutil.get_data('port', 'data.txt') == b'data'\n"
        "assert sys.platform.startswith({!r}), sys.platform\n"
    )
    here = "linux" if sys.platform.startswith("linux") else "freebsd"
    platform = "linux" if here == "linux" else "native"
    assert packages.run(text.format(here), platform=platform) == []
    if here == "linux":
        assert packages.run(text.format("freebsd"), platform=EMULATED[-1]) == []
        ((_, _, error),) = packages.run(text.format("linux"), platform=EMULATED[-1])
        assert error.startswith("AssertionError: freebsd15")


def test_nothing_lives_on_when_the_caller_stops(packages: Packages) -> None:
    text = f"import os\nopen({str(packages.notes)!r}, 'a').write(f'{{os.getppid()}}\\n')\n"
    steps = [ImportStep({"port/a.py": text.encode()}, ("port.a",))] * 50

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_imports(ImportTarget(Path(sys.executable), packages.root), steps, "linux", stop)
    with pytest.raises(ProcessLookupError):
        os.kill(int(packages.notes.read_text().splitlines()[-2]), 0)


def test_what_the_target_runs_is_python_3_8() -> None:
    ast.parse(Path(str(import_runner.__file__)).read_bytes(), feature_version=(3, 8))


def test_an_interpreter_that_does_not_run_is_told(packages: Packages, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such machine >&2\nexit 1\n")
    broken.chmod(0o755)
    step = ImportStep({"port/a.py": b""}, ("port.a",))
    with pytest.raises(ImportRunError, match="could not be tried: no such machine"):
        run_imports(ImportTarget(broken, packages.root), [step], "linux", lambda done: None)
    with pytest.raises(ImportRunError, match="could not be tried"):
        run_imports(ImportTarget(tmp_path / "none", packages.root), [step], "linux", print)
