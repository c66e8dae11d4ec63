"""What the documents name is there, and what they list is complete."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from freebsd_port.cli.main import cli
from freebsd_port.engine.core.series.series import parse_series
from freebsd_port.openstack.ops.release.requirements_lock import check_lock
from freebsd_port.openstack.store.project.project import find_project

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob(".github/*.md"),
        *ROOT.glob(".github/ISSUE_TEMPLATE/*.yml"),
    ]
)


def test_transcripts_stand_only_where_they_are_replayed() -> None:
    for path in DOCUMENTS:
        assert path.name in (
            "README.md",
            "rebase.md",
            "any-series.md",
        ) or "```console" not in path.read_text("utf-8"), path


def shell_lines(text: str) -> list[str]:
    """Every command shown: in fenced sh and console blocks, and in code within a sentence."""
    fenced = re.findall(r"^```(?:sh|console)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line.removeprefix("$ ") for block in fenced for line in block.splitlines()]
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    inline = [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)]
    parts = [part for line in [*lines, *inline] for part in re.split(r"&&|;|\||>", line)]
    return [part.strip() for part in parts]


def called(program: str, text: str) -> list[list[str]]:
    found = []
    for line in shell_lines(text):
        words = re.sub(r"\s#.*", "", line).split()
        if len(words) > 1 and words[0].rpartition("/")[2] == program:
            found.append(words[1:])
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_verbs_and_options_named_in_a_document_are_there(path: Path) -> None:
    context = click.Context(cli)
    for verb, *words in called("freebsd-port", path.read_text("utf-8")):
        if verb.startswith(("-", "VERB")) or verb == "aply":
            continue
        command = cli.get_command(context, verb)
        assert command is not None, f"{path.name}: freebsd-port {verb}"
        while isinstance(command, click.Group) and words[:1] and words[0][0] not in "-V":
            inner = command.get_command(context, words[0])
            if inner is None and any(isinstance(one, click.Argument) for one in command.params):
                break  # an argument of the verb itself
            assert inner is not None, f"{path.name}: freebsd-port {verb} {words[0]}"
            command, words = inner, words[1:]
        known = {option for param in command.params for option in param.opts} | {"--help"}
        unknown = [word for word in words if word.startswith("-") and word not in known]
        assert not unknown, f"{path.name}: freebsd-port {verb} {unknown}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_named_in_a_document_are_there(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for words in called("make", path.read_text("utf-8")):
        named = {word for word in words if "=" not in word}
        assert named <= targets, f"{path.name}: make {' '.join(words)}"


CHECKED_TOGETHER = ("neutron-bsdbridge", "nova-bhyve")
"""Distributions whose checks are about what several patches do together; the page says so."""


def test_each_patch_is_in_the_port_status_and_has_the_check_that_it_names() -> None:
    rows = [row for row in table_rows("docs/port-status.md") if "done" in row]
    for name in parse_series((ROOT / "series").read_bytes()).names:
        distribution, _, file = name.partition("/")
        what = file.removesuffix(".patch")
        assert any(f"`{what}`" in row for row in rows), name
        directory = ROOT / "tests/port" / re.sub("[-.]", "_", distribution)
        if distribution in CHECKED_TOGETHER:
            assert list(directory.glob("test_*.py")), name
        else:
            assert (directory / f"test_{what.replace('-', '_')}.py").is_file(), name


def test_the_port_status_calls_nothing_done_that_is_not_in_the_series() -> None:
    names = parse_series((ROOT / "series").read_bytes()).names
    known = {name.partition("/")[2].removesuffix(".patch") for name in names}
    for row in table_rows("docs/port-status.md"):
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if cells[-1].startswith("done"):
            assert cells[-2].rpartition(": ")[2].strip("`") in known, row


def test_the_table_of_releases_has_each_with_its_pins_and_whether_the_series_applies() -> None:
    project = find_project(ROOT)
    rows = table_rows("docs/releases.md")
    for name in project.release_names():
        release = project.load_release(name)
        series = "applies" if project.series_lock(name).is_file() else "not rebased yet"
        cells = next(
            [cell.strip() for cell in row.strip("|").split("|")]
            for row in rows
            if row.startswith((f"| {name} |", f"| {name}, default |"))
        )
        compute = release.for_role("compute")
        assert cells[3:] == [*(pin.version for pin in compute.pins), series]
        assert cells[1] == release.codename


def test_the_table_of_roles_has_each_with_what_it_pins() -> None:
    release = find_project(ROOT).load_release("2026.2")
    rows = table_rows("docs/releases.md")
    libraries = {"oslo.privsep", "oslo.messaging", "oslo.rootwrap", "oslo.utils"}
    for name in release.role_names:
        cells = next(row.strip("|").split("|") for row in rows if row.startswith(f"| {name} |"))
        pinned = {pin.distribution for pin in release.for_role(name).pins} - libraries
        told = cells[1].strip()
        assert told == "all of these" or set(told.split(", ")) == pinned, name


def test_the_packages_named_as_compiled_on_freebsd_are_those_of_the_lock() -> None:
    project = find_project(ROOT)
    found = check_lock(project, project.load_release(None)).differences
    compiled = sorted({one.distribution for one in found if one.kind == "from source"})
    install = (ROOT / "docs/install.md").read_text("utf-8")
    listed = re.search(
        r"wheels for (\d+) packages of [\d.]+\*\*, so pip compiles them: ([^.]+)\.", install
    )
    assert listed is not None
    assert (int(listed[1]), re.split(r",\s+", listed[2])) == (len(compiled), compiled)
    needs = (ROOT / "docs/releases.md").read_text("utf-8").partition("## Packages built")[2]
    assert all(name in needs for name in compiled)


def table_rows(path: str) -> list[str]:
    return [line for line in (ROOT / path).read_text("utf-8").splitlines() if line[:1] == "|"]


def test_the_tables_that_follow_from_the_code_are_as_the_code_has_them() -> None:
    command = [sys.executable, str(ROOT / "scripts/tables.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
