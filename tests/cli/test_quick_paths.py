"""What is typed most often loads what it needs and no more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Run
from small_project import CHECKOUT, SmallProject

ENGINE = CHECKOUT / "freebsd_port" / "engine"

RUN = """
import sys
from freebsd_port.cli.main import main
try:
    main(sys.argv[1:])
finally:
    loaded = [name for name in sys.modules if name.startswith("freebsd_port.")]
    print("\\n".join(sorted(loaded)), file=sys.stderr)
"""
WRITING = {
    *("core.apply.plan", "core.apply.planner", "core.apply.draft", "core.apply.place"),
    *("core.apply.journal", "core.patch.reader", "core.patch.hunk", "core.text.align"),
    *("ops.apply.change_set", "store.overlay.journal", "store.overlay.backups"),
}


def name_of(path: Path) -> str:
    return f"freebsd_port.engine.{'.'.join(path.relative_to(ENGINE).with_suffix('').parts)}"


def loaded(*words: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", RUN, *words],
        capture_output=True,
        check=True,
        text=True,
    )
    return set(done.stderr.split())


@pytest.mark.parametrize("verb", ["status", "apply"])
def test_where_nothing_is_to_do_nothing_that_plans_or_writes_is_loaded(
    run: Run, project: SmallProject, verb: str
) -> None:
    run("apply", "-q")
    needless = {f"freebsd_port.engine.{name}" for name in WRITING}
    modules = loaded(verb, "--project", str(project.root))
    assert "freebsd_port.engine.store.overlay.state" in modules
    assert not modules & needless
    known = {name_of(path) for path in ENGINE.rglob("*.py")}
    assert needless <= known  # or nothing is said of a module that was renamed


def test_status_does_not_load_what_changes_a_tree(run: Run, project: SmallProject) -> None:
    run("apply", "-q")
    modules = loaded("status", "--project", str(project.root))
    assert not {name for name in modules if name.startswith("freebsd_port.engine.ops.apply")}
    assert "freebsd_port.openstack.ops.proof.proof_record" not in modules


def test_what_is_proved_already_loads_nothing_that_runs_checks(
    run: Run, project: SmallProject
) -> None:
    run("apply", "-q", "--verify")
    modules = loaded("apply", "--verify", "--project", str(project.root))
    proof = {name for name in modules if name.startswith("freebsd_port.openstack.store.proof.")}
    assert proof == {"freebsd_port.openstack.store.proof.own"}
    assert not {name for name in modules if ".engine.core.patch." in name}


def test_help_loads_no_verb() -> None:
    assert loaded("--help") == {
        "freebsd_port.cli",
        "freebsd_port.cli.commands",
        "freebsd_port.cli.lazy",
        "freebsd_port.cli.main",
        "freebsd_port.errors",
    }
