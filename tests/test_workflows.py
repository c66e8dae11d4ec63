"""The CI recipes, shell scripts and Makefile hold what they promise, on this machine already."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from freebsd_port.cli.commands.releases_matrix import matrix_row

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
SCRIPTS = sorted(
    path
    for directory in (".ci", "scripts")
    for path in (ROOT / directory).iterdir()
    if path.is_file() and path.read_bytes().startswith(b"#!/bin/sh\n")
)
SHELLCHECK = shutil.which("shellcheck")

needs_shellcheck = pytest.mark.skipif(
    SHELLCHECK is None, reason="shellcheck is not installed; .ci/run installs it"
)


def jobs() -> list[Any]:
    return [
        pytest.param(job, id=f"{path.stem}-{name}")
        for path in WORKFLOWS
        for name, job in YAML(typ="safe").load(path)["jobs"].items()
    ]


def scripts_of(job: dict[str, Any]) -> list[str]:
    """Every piece of shell in a job; expressions of the workflow become a word."""
    pieces = [step["run"] for step in job["steps"] if "run" in step]
    for step in job["steps"]:
        inside = step.get("with", {})
        pieces += [inside[key] for key in ("prepare", "run") if key in inside]
    return [re.sub(r"\$\{\{.*?\}\}", "expression", piece) for piece in pieces]


def validate(path: Path) -> subprocess.CompletedProcess[str]:
    """Hold a workflow against the schema that comes with check-jsonschema; no network."""
    program = Path(sys.executable).with_name("check-jsonschema")
    command = [str(program), "--builtin-schema", "vendor.github-workflows", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


needs_schema = pytest.mark.skipif(
    sys.platform.startswith("freebsd"),
    reason="check-jsonschema and actionlint are installed on Linux only",
)


@needs_schema
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_follows_the_schema_of_workflows(path: Path) -> None:
    done = validate(path)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_schema
def test_a_workflow_with_a_misspelt_key_is_noticed(tmp_path: Path) -> None:
    text = WORKFLOWS[0].read_text("utf-8")
    (tmp_path / "broken.yml").write_text(text.replace("runs-on:", "run-on:", 1), "utf-8")
    assert validate(tmp_path / "broken.yml").returncode == 1


def run_actionlint(*paths: Path) -> subprocess.CompletedProcess[str]:
    """Check expressions, contexts, needs and runners; shell in it is shellcheck's, elsewhere."""
    program = Path(sys.executable).with_name("actionlint")
    command = [str(program), "-shellcheck=", "-pyflakes=", *map(str, paths)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@needs_schema
def test_actionlint_finds_nothing_in_the_workflows() -> None:
    done = run_actionlint(*WORKFLOWS)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_schema
def test_an_expression_that_names_no_job_is_noticed(tmp_path: Path) -> None:
    text = (ROOT / ".github/workflows/rebase.yml").read_text("utf-8")
    broken = re.sub(r"needs\.[a-z_-]+\.", "needs.nobody.", text, count=1)
    assert broken != text
    (tmp_path / "broken.yml").write_text(broken, "utf-8")
    done = run_actionlint(tmp_path / "broken.yml")
    assert done.returncode == 1
    assert "nobody" in done.stdout


@pytest.mark.parametrize("job", jobs())
def test_a_job_ends_at_some_time_and_names_the_version_of_each_action(job: dict[str, Any]) -> None:
    assert job["timeout-minutes"] <= 240
    for step in job["steps"]:
        assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step.get("uses", "a/b@v1"))


@pytest.mark.parametrize("job", jobs())
def test_the_make_targets_of_a_job_are_there(job: dict[str, Any]) -> None:
    for script in scripts_of(job):
        for target in re.findall(r"^\s*make ([a-z-]+)", script, re.MULTILINE):
            assert target in TARGETS


def test_linux_runs_the_entry_point_and_freebsd_what_its_user_types() -> None:
    found = YAML(typ="safe").load(ROOT / ".github/workflows/checks.yml")["jobs"]
    assert ".ci/run" in scripts_of(found["linux"])
    native = "\n".join(scripts_of(found["freebsd"]))
    assert native.index("make patch") < native.index("make test")
    assert os.access(ROOT / ".ci/run", os.X_OK)


@needs_shellcheck
@pytest.mark.parametrize("job", jobs())
def test_shellcheck_has_nothing_to_say_about_the_shell_in_a_job(job: dict[str, Any]) -> None:
    for script in scripts_of(job):
        done = subprocess.run(
            [str(SHELLCHECK), "--shell=sh", "-"],
            input=script,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


@needs_shellcheck
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_has_nothing_to_say_about_a_script(path: Path) -> None:
    done = subprocess.run([str(SHELLCHECK), str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_executable_and_the_shell_can_parse_it(path: Path) -> None:
    assert os.access(path, os.X_OK)
    done = subprocess.run(["sh", "-n", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def find_make(kind: str) -> str:
    """A make of this kind; GNU says so, and BSD's knows .MAKE.VERSION."""
    for name in ("bmake", "make") if kind == "BSD" else ("gmake", "make"):
        program = shutil.which(name)
        if program is None:
            continue
        said = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False
        ).stdout
        if said.startswith("GNU Make") == (kind == "GNU"):
            return program
    pytest.skip(f"no {kind} make is installed; .ci/run installs bmake")


def dry_run(program: str, *words: str) -> list[str]:
    """What make would run, a command a line, its own remarks left out."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    for name in ("RELEASE", "PYTHON", "VENV", "BOOTSTRAP"):
        env.pop(name, None)
    done = subprocess.run(
        [program, "-n", *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = (" ".join(line.split()) for line in done.stdout.splitlines())
    return [line for line in lines if not re.match(r"b?g?make(\[\d\])?: ", line)]


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_both_makes_would_run_the_same_for_a_target(target: str, tmp_path: Path) -> None:
    words = (target, f"VENV={tmp_path / 'none'}", "PYTHON=3.12")
    assert dry_run(find_make("GNU"), *words) == dry_run(find_make("BSD"), *words)


@pytest.mark.parametrize("kind", ["GNU", "BSD"])
def test_make_hands_on_the_python_only_when_one_is_named(kind: str, tmp_path: Path) -> None:
    program, place = find_make(kind), f"VENV={tmp_path / 'none'}"
    named = [line for line in dry_run(program, "venv", place, "PYTHON=3.12") if " venv " in line]
    assert [line.endswith("--python 3.12") for line in named] == [True]
    assert "--python" not in "".join(dry_run(program, "venv", place))


def test_the_nightly_fan_out_is_the_tools_and_its_rows_have_what_the_jobs_read() -> None:
    path = ROOT / ".github/workflows/rebase.yml"
    found = YAML(typ="safe").load(path)["jobs"]
    assert "freebsd-port releases matrix --outdated" in "\n".join(scripts_of(found["matrix"]))
    assert found["rebase"]["strategy"]["matrix"] == ("${{ fromJSON(needs.matrix.outputs.matrix) }}")
    row = matrix_row("2026.2", ["3.11"], has_series_lock=True)
    read = set(re.findall(r"matrix\.(\w+)", path.read_text("utf-8"))) - {"outputs"}
    assert {"release", "pins", "python"} <= read <= row.keys()


def test_the_nightly_rebase_runs_the_entry_points_of_every_engine() -> None:
    found = YAML(typ="safe").load(ROOT / ".github/workflows/rebase.yml")["jobs"]
    script = "\n".join(scripts_of(found["rebase"]))
    assert script.index(".ci/rebase") < script.index(".ci/propose")
    assert found["rebase"]["permissions"] == {"contents": "write", "pull-requests": "write"}
