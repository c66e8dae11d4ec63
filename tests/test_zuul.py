"""The Zuul jobs: as Zuul's documentation has them, and one for each release."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from freebsd_port.openstack.store.project.project import find_project

ROOT = Path(__file__).resolve().parents[1]
CONFIGURATION = ROOT / ".zuul.yaml"
SCHEMA = ROOT / "tests/data/zuul/schema.json"
PLAYBOOKS = sorted((ROOT / "playbooks").glob("*.yaml"))
MODULES = {
    *("ansible.builtin.command", "ansible.builtin.package", "ansible.builtin.shell"),
    *("ansible.builtin.stat", "ansible.posix.synchronize", "zuul_return"),
}
KEYWORDS = {"become", "delegate_to", "environment", "name", "register", "when"}

needs_schema = pytest.mark.skipif(
    sys.platform.startswith("freebsd"),
    reason="check-jsonschema is installed on Linux only: it would have to be compiled here",
)


def load(path: Path) -> Any:
    return YAML(typ="safe").load(path)


def jobs() -> dict[str, Any]:
    return {one["job"]["name"]: one["job"] for one in load(CONFIGURATION) if "job" in one}


def project() -> dict[str, Any]:
    (found,) = [one["project"] for one in load(CONFIGURATION) if "project" in one]
    assert isinstance(found, dict)
    return found


def validate(path: Path) -> int:
    program = Path(sys.executable).with_name("check-jsonschema")
    command = [str(program), "--schemafile", str(SCHEMA), str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode


@needs_schema
def test_the_configuration_follows_the_documentation_of_zuul() -> None:
    assert validate(CONFIGURATION) == 0


@needs_schema
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("timeout: 7200", "timout: 7200"),
        ("timeout: 7200", "timeout: 2h"),
        ("abstract: true", "abstract: maybe"),
        ("          label: debian-bookworm\n", ""),
        ("    run: playbooks/tests.yaml", "    run: {playbook: playbooks/tests.yaml}"),
        ("    check:\n      jobs:", "    check:\n      job:"),
        ("- project:", "- projects:"),
    ],
)
def test_what_zuul_would_refuse_is_noticed(tmp_path: Path, old: str, new: str) -> None:
    text = CONFIGURATION.read_text("utf-8")
    assert old in text
    (tmp_path / "zuul.yaml").write_text(text.replace(old, new, 1), "utf-8")
    assert validate(tmp_path / "zuul.yaml") == 1


def test_every_release_is_rebased_every_night() -> None:
    wanted = {f"freebsd-port-rebase-{name}": name for name in find_project().release_names()}
    found = {
        name: job["vars"]["release"]
        for name, job in jobs().items()
        if job.get("parent") == "freebsd-port-rebase"
    }
    assert found == wanted
    others = {"freebsd-port-outdated", "freebsd-port-tests-long"}
    assert set(wanted) | others == set(project()["periodic"]["jobs"])


def test_every_change_runs_the_tests() -> None:
    assert project()["check"] == project()["gate"] == {"jobs": ["freebsd-port-tests"]}


def test_jobs_are_there_with_their_parents_and_playbooks_and_end_at_some_time() -> None:
    defined = jobs()
    for pipeline in ("check", "gate", "periodic"):
        assert set(project()[pipeline]["jobs"]) <= set(defined)
    for job in defined.values():
        parent = defined.get(job.get("parent", ""), {})
        assert job.get("parent") is None or parent
        assert {**parent, **job}["timeout"] <= 7200
        for kind in ("pre-run", "run", "post-run"):
            assert kind not in job or (ROOT / job[kind]).is_file()


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.name)
def test_a_playbook_has_tasks_with_a_name_and_one_known_module(path: Path) -> None:
    assert path.relative_to(ROOT).as_posix() in CONFIGURATION.read_text("utf-8")
    for play in load(path):
        assert set(play) == {"hosts", "tasks"}
        for task in play["tasks"]:
            assert task["name"]
            assert len(set(task) - KEYWORDS) == 1
            assert set(task) - KEYWORDS <= MODULES


def test_the_playbooks_run_the_entry_points_of_every_engine() -> None:
    text = "\n".join(path.read_text("utf-8") for path in PLAYBOOKS)
    assert set(re.findall(r"\.ci/\w+", text)) == {".ci/run", ".ci/rebase"}
