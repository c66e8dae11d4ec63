"""The native bundle's run.py: it leaves out, ends and tells; and what it stands in for."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[1]
NATIVE = ROOT / "scripts/native"
STAND_INS = NATIVE / "stand_ins"
TESTS = """
import pathlib, time

def test_it_passes():
    pass

def test_it_hangs():
    time.sleep(600)

def test_it_ends_the_process():
    import os
    os._exit(7)

def test_it_fails():
    assert 1 == 2

def test_it_is_skipped():
    import pytest
    pytest.skip("git is not here")
"""


@pytest.fixture(scope="module")
def run() -> ModuleType:
    spec = importlib.util.spec_from_file_location("native_run", NATIVE / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["native_run"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def step(run: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A step that ran the tests above, with a limit of a few seconds for each."""
    monkeypatch.setattr(run, "HERE", NATIVE)
    (tmp_path / "test_cases.py").write_text(TESTS)
    for name in ("work", "results"):
        (tmp_path / name).mkdir()
    runner = run.Runner(tmp_path / "work", tmp_path / "results")
    step = run.Step("cases", "what they are")
    path = [Path(one) for one in sys.path if "site-packages" in one]
    words = ["-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
    runner.pytest(step, words, run.own_user("self"), path, seconds=5)
    return step


def test_a_test_that_hangs_or_ends_the_process_fails_by_name_and_the_others_run(
    run: ModuleType, step: Any
) -> None:
    found = {case.name.partition("::")[2]: case for case in step.cases}
    assert {name: case.outcome for name, case in found.items()} == {
        "test_it_passes": "passed",
        "test_it_hangs": "failed",
        "test_it_ends_the_process": "failed",
        "test_it_fails": "failed",
        "test_it_is_skipped": "skipped",
    }
    assert "did not end within 5 s" in found["test_it_hangs"].message
    assert "time.sleep(600)" in found["test_it_hangs"].message or (
        "test_it_hangs" in found["test_it_hangs"].message
    )
    assert "status 7" in found["test_it_ends_the_process"].message
    assert found["test_it_is_skipped"].message == "Skipped: git is not here"
    suite = ElementTree.fromstring(run.render_junit(step))
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("5", "3", "1")
    assert not step.is_good


def made_step(run: ModuleType, *outcomes: str, must_fail: bool = False) -> Any:
    cases = [run.Case(f"t::{n}", outcome) for n, outcome in enumerate(outcomes)]
    return run.Step("s", "what", cases, must_fail=must_fail)


def test_a_step_is_good_if_all_pass_or_if_some_fail_that_must(run: ModuleType) -> None:
    assert made_step(run, "passed", "skipped").is_good
    assert not made_step(run, "passed", "failed").is_good
    assert not made_step(run).is_good
    assert made_step(run, "passed", "failed", must_fail=True).is_good
    assert not made_step(run, "passed", must_fail=True).is_good
    assert run.Step("s", "what", left_out="no root").is_good


def test_what_a_machine_lacks_is_named_with_what_to_do(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(run.PROBES, "pf", (lambda: False, "kldload pf, as root"))
    monkeypatch.setitem(run.PROBES, "root", (lambda: True, "be root"))
    machine = run.Machine()
    assert machine.lacks(["root", "pf"]) == "pf (kldload pf, as root)"
    assert machine.lacks(["root"]) == ""
    assert machine.lacks(["quantum"]) == "quantum, which run.py does not know"


def test_two_trees_differ_by_the_files_that_are_not_alike(run: ModuleType, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "__pycache__").mkdir(parents=True)
        (tmp_path / name / "same").write_text("x")
        (tmp_path / name / "other").write_text(name)
        (tmp_path / name / "__pycache__" / name).touch()
    (tmp_path / "b/more").touch()
    assert run.differing(tmp_path / "a", tmp_path / "b") == ["more", "other"]


@pytest.mark.parametrize("file", sorted(ROOT.glob("tests/native/*/native.toml")), ids=str)
def test_a_directory_of_native_cases_names_probes_and_paths_that_there_are(
    run: ModuleType, file: Path
) -> None:
    case = tomllib.loads(file.read_text("utf-8"))
    assert case["what"]
    assert set(case["needs"]) <= set(run.PROBES)
    for path in case.get("paths", ["."]):
        assert (file.parent / path).exists(), path


def test_the_toolkits_own_tests_are_all_run_by_some_step(run: ModuleType) -> None:
    for paths in (*run.OWN.values(), *run.OWN_LEFT_OUT.values(), run.NOT_NATIVE):
        for path in paths:
            assert (ROOT / path).exists(), path
    elsewhere = {one for paths in run.OWN.values() for one in paths} - {"tests"}
    native = {
        (file.parent / path).resolve().relative_to(ROOT).as_posix()
        for file in ROOT.glob("tests/native/*/native.toml")
        for path in tomllib.loads(file.read_text("utf-8")).get("paths", ["."])
    }
    for left_out in run.OWN_LEFT_OUT["host"]:
        assert left_out in elsewhere | native, left_out


TABLE = tomllib.loads((NATIVE / "compiled.toml").read_text("utf-8"))
MODULES = {"pynacl": "nacl", "rpds-py": "rpds", "pyopenssl": "OpenSSL"}


@pytest.mark.parametrize("name", sorted(TABLE["stand-in"]))
def test_a_stand_in_imports_and_raises_when_it_is_used(name: str) -> None:
    module = MODULES.get(name, name)
    code = f"""
import {module}
if {module!r} == "rpds":
    one = {module}.HashTrieMap({{"a": 1}})
    print(dict(one.insert("b", 2)), dict(one))
else:
    from {module}.some.part import Thing, function
    class Derived(Thing.Inner):
        pass
    TABLE = [Thing() for _ in range(2)]
    def use():
        function(1)
    try:
        use()
    except NotImplementedError as error:
        print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(STAND_INS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if module == "rpds":
        assert done.stdout == "{'a': 1, 'b': 2} {'a': 1}\n"
    else:
        assert done.stdout.startswith(f"{module}.some.part.function was used, and {module} is not")


def test_a_recording_has_every_row_of_the_recorded_hosts(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    subprocess.run([sys.executable, str(ROOT / "scripts/record-profile"), str(file)], check=True)
    found = set(json.loads(file.read_text("utf-8")))
    recorded = json.loads((ROOT / "tests/data/recordings/freebsd-15.0.json").read_text("utf-8"))
    needs_root = {row for row in recorded if row.startswith("probe setgroups")}
    assert set(recorded) - found <= (set() if os.geteuid() == 0 else needs_root)
