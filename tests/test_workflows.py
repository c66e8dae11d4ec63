"""The CI recipes, shell scripts and Makefile hold what they promise, on this machine already."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from programs import PACKAGES, needs, why_not
from ruamel.yaml import YAML

from freebsd_port.cli.commands.releases_matrix import matrix_row
from freebsd_port.cli.main import cli

ROOT = Path(__file__).resolve().parents[1]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
SCRIPTS = sorted(
    path
    for directory in (".ci", "scripts")
    for path in (ROOT / directory).iterdir()
    if path.is_file() and path.read_bytes().startswith(b"#!/bin/sh\n")
)
TEST_SCRIPT = (ROOT / "scripts/test").read_text("utf-8")
SHELLCHECK = shutil.which("shellcheck")


CALL = re.compile(r'(?:/freebsd-port|^ *"\$tool"|\$\(TOOL\)) ([^\n|;&>)]+)', re.MULTILINE)
"""A call of the command in a job, a script or the Makefile; the group is its words."""

MAY_WRITE = {
    "publish.attest": {"id-token": "write", "attestations": "write"},
    "publish.pypi": {"id-token": "write"},
    "publish.announce": {"contents": "write"},
    "rebase.rebase": {"contents": "write", "pull-requests": "write"},
}


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


def validate(path: Path, schema: str = "github-workflows") -> subprocess.CompletedProcess[str]:
    """Compare a file with a schema that comes with check-jsonschema; no network."""
    program = Path(sys.executable).with_name("check-jsonschema")
    command = [str(program), "--builtin-schema", f"vendor.{schema}", str(path)]
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
def test_a_job_has_a_timeout(job: dict[str, Any]) -> None:
    assert job["timeout-minutes"] <= 240


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_each_action_is_pinned_to_a_commit_with_its_version_beside_it(path: Path) -> None:
    named = re.findall(r"^ +(?:- )?uses: (.+)$", path.read_text("utf-8"), re.MULTILINE)
    assert named
    for action in named:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_an_action_has_the_same_commit_everywhere() -> None:
    texts = [path.read_text("utf-8") for path in WORKFLOWS]
    named = {action for text in texts for action in re.findall(r"uses: (\S+@.+)", text)}
    assert len({action.partition("@")[0] for action in named}) == len(named)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_only_the_jobs_listed_here_may_write(path: Path) -> None:
    found = YAML(typ="safe").load(path)
    assert found["permissions"] == {"contents": "read"}
    for name, job in found["jobs"].items():
        allowed = MAY_WRITE.get(f"{path.stem}.{name}")
        assert job.get("permissions") == allowed, name
        if path.stem == "publish" and allowed:
            assert job["if"] == "github.event_name == 'push' && github.ref_type == 'tag'", name


@pytest.mark.parametrize("job", jobs())
def test_a_job_keeps_its_token_out_of_git_unless_it_may_push(job: dict[str, Any]) -> None:
    pushes = job.get("permissions", {}).get("pull-requests") == "write"
    for step in job["steps"]:
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is pushes


def test_what_is_published_was_built_once_tried_and_attested() -> None:
    found = YAML(typ="safe").load(ROOT / ".github/workflows/publish.yml")
    assert set(found["on"]) >= {"push", "pull_request"}
    jobs = found["jobs"]
    assert "if" not in jobs["build"]
    built = "\n".join(scripts_of(jobs["build"]))
    assert "make dist" in built
    assert 'VERSION="${GITHUB_REF_NAME#v}"' in built
    assert [jobs[name]["needs"] for name in ("attest", "pypi", "announce")] == [
        *("build", "attest", "pypi"),
    ]
    for name in ("attest", "pypi"):
        assert scripts_of(jobs[name]) == []
    uses = [step["uses"].partition("@")[0] for step in jobs["pypi"]["steps"]]
    assert uses == ["actions/download-artifact", "pypa/gh-action-pypi-publish"]
    assert "password" not in str(jobs["pypi"])


@needs_schema
@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_an_issue_form_follows_the_schema_of_forms(path: Path) -> None:
    schema = "github-issue-config" if path.name == "config.yml" else "github-issue-forms"
    done = validate(path, schema)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_schema
def test_an_issue_form_with_a_misspelt_key_is_noticed(tmp_path: Path) -> None:
    text = (ROOT / ".github/ISSUE_TEMPLATE/bug.yml").read_text("utf-8")
    (tmp_path / "broken.yml").write_text(text.replace("description:", "descripton:", 1), "utf-8")
    assert validate(tmp_path / "broken.yml", "github-issue-forms").returncode == 1


def test_the_fields_of_an_issue_form_have_names_of_their_own() -> None:
    for path in FORMS:
        fields = YAML(typ="safe").load(path).get("body", [])
        names = [field["id"] for field in fields if "id" in field]
        assert len(set(names)) == len(names), path.name


@needs_schema
def test_dependabot_moves_the_pins_of_the_actions_and_of_the_tools() -> None:
    path = ROOT / ".github/dependabot.yml"
    done = validate(path, "dependabot")
    assert done.returncode == 0, done.stdout + done.stderr
    found = YAML(typ="safe").load(path)["updates"]
    assert {one["package-ecosystem"] for one in found} == {"github-actions", "pip"}


@pytest.mark.parametrize("job", jobs())
def test_the_make_targets_of_a_job_are_there(job: dict[str, Any]) -> None:
    for script in scripts_of(job):
        for target in re.findall(r"^\s*make ([a-z-]+)", script, re.MULTILINE):
            assert target in TARGETS


def test_the_verbs_and_options_that_jobs_and_scripts_call_are_there() -> None:
    texts = [script for job in jobs() for script in scripts_of(job.values[0])]
    texts += [path.read_text("utf-8") for path in SCRIPTS]
    texts.append((ROOT / "Makefile").read_text("utf-8"))
    texts += re.findall(r"entry: (.+)", (ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    called = [line.split() for text in texts for line in CALL.findall(text)]
    assert {words[0] for words in called} >= {"apply", "check", "rebase", "releases", "review"}
    for words in called:
        known = {"--help", "--version"}
        command: click.Command | None = cli
        while isinstance(command, click.Group) and words and re.match(r"[a-z]", words[0]):
            inner = command.get_command(click.Context(command), words[0])
            if inner is None and any(isinstance(one, click.Argument) for one in command.params):
                break  # an argument of the verb itself
            assert inner is not None, words
            command, words = inner, words[1:]
            known |= {option for param in command.params for option in param.opts}
        assert [word for word in words if re.match("--?[a-z]", word) and word not in known] == []


def test_linux_runs_every_stage_of_the_tests_side_by_side() -> None:
    found = YAML(typ="safe").load(ROOT / ".github/workflows/checks.yml")["jobs"]
    stages = re.search(r'^    ([a-z| ]+)\) "\$stage" ;;$', TEST_SCRIPT, re.MULTILINE)
    assert stages is not None
    without_any = TEST_SCRIPT.partition("[ $# -eq 0 ] || exit 0\n")[2]
    own = [stage for stage in stages[1].split(" | ") if stage != "demo"]
    assert ".ci/run test-tool test-demo" in scripts_of(found["tool"])
    for stage in own:
        assert re.search(rf"^{stage}\b", without_any, re.MULTILINE)
        named = f"make {stage}" if stage in TARGETS else f".ci/run test-{stage}"
        assert any(script.startswith(named) for script in scripts_of(found[stage]))
        assert "needs" not in found[stage]
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_freebsd_runs_the_bundle_for_each_change_and_what_its_user_types_every_night() -> None:
    checks, proofs = (
        YAML(typ="safe").load(ROOT / f".github/workflows/{name}.yml")["jobs"]
        for name in ("checks", "proofs")
    )
    assert "scripts/native-bundle build/native" in "\n".join(scripts_of(checks["bundle"]))
    assert checks["freebsd"]["needs"] == "bundle"
    native = "\n".join(scripts_of(checks["freebsd"]))
    assert "/run.py --results" in native
    assert "make" not in native
    nightly = "\n".join(scripts_of(proofs["freebsd"]))
    assert nightly.index("make patch") < nightly.index("make test")
    for job in (checks["freebsd"], proofs["freebsd"]):
        assert job["strategy"]["matrix"]["release"] == ["14.3", "15.0"]
        assert any("upload-artifact" in step.get("uses", "") for step in job["steps"])


def test_readme_installs_what_ci_installs_and_names_each_package_once() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (line,) = re.findall(r"^apt-get install (.*)$", readme, re.MULTILINE)
    pairs = re.findall(r" ([\w-]+):([a-z0-9-]+)", (ROOT / ".ci/run").read_text("utf-8"))
    by_ci = {package for _, package in pairs if package != "chromium"}
    assert sorted(line.split()[3:]) == line.split()[3:]
    assert set(line.split()) == {"git", "make", "python3-venv", *by_ci}
    assert {*PACKAGES.values()} <= by_ci | {"git", "coreutils"}  # the second is in every Debian


@needs("shellcheck")
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


@needs("shellcheck")
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
    pytest.skip(f"no {kind} make: {why_not('bmake')}" if kind == "BSD" else "no GNU make")


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
