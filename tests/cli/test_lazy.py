"""Verbs are found in their modules: what is listed, what is imported, and what is refused."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from command_line import Run

import freebsd_port.cli.commands
import freebsd_port.host.cli
from freebsd_port.cli import version
from freebsd_port.cli.lazy import LazyGroup, read_listing
from freebsd_port.cli.main import cli, main

PACKAGES = (freebsd_port.cli.commands, freebsd_port.host.cli)


def lazy_groups(group: LazyGroup = cli) -> list[LazyGroup]:
    """Give a group and the groups below it."""
    context = click.Context(group)
    commands = [group.get_command(context, name) for name in group.list_commands(context)]
    below = [one for one in commands if isinstance(one, LazyGroup)]
    return [group, *(inner for one in below for inner in lazy_groups(one))]


def verbs_of(group: LazyGroup) -> list[click.Command]:
    context = click.Context(group)
    found = [group.get_command(context, name) for name in group.list_commands(context)]
    return [command for command in found if command is not None]


def test_every_module_with_a_command_is_a_verb_of_one_group() -> None:
    modules = [
        importlib.import_module(f"{package.__name__}.{path.stem}")
        for package in PACKAGES
        for path in Path(package.__path__[0]).glob("*.py")
    ]
    commands = {id(module.command) for module in modules if hasattr(module, "command")}
    listed = [id(command) for group in lazy_groups() for command in verbs_of(group)]
    assert len(set(listed)) == len(listed) > 40
    assert set(listed) == commands


@pytest.mark.parametrize("group", lazy_groups(), ids=lambda group: group.name)
def test_a_verb_is_listed_at_a_place_of_its_own_with_what_it_does(group: LazyGroup) -> None:
    for one, command in zip(group.listings(), verbs_of(group), strict=True):
        assert re.fullmatch(r"[A-Z].*\.", one.summary), one
        assert (command.help or "").startswith(one.summary)
    places = [(one.section, one.place) for one in group.listings()]
    assert len(set(places)) == len(places)


def test_help_imports_no_verb() -> None:
    code = (
        "import sys\nfrom freebsd_port.cli.main import main\ntry:\n    main(['--help'])\n"
        "except SystemExit:\n    pass\nprint(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "  interdiff  " in done.stdout
    loaded = done.stderr.split()
    assert "freebsd_port.cli.lazy" in loaded
    assert [name for name in loaded if name.startswith("freebsd_port.cli.commands.")] == []
    assert [name for name in loaded if name.startswith("freebsd_port.openstack")] == []


NEW_VERB = """\
\"\"\"Greet a patch.

It says no more than that.
\"\"\"

import click

SECTION = "Prove"
PLACE = 2


@click.command("greet-it")
def command():
    click.echo("hello")
"""


def test_a_module_put_into_the_package_is_a_verb_without_being_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "verbs_of_test").mkdir()
    (tmp_path / "verbs_of_test/__init__.py").write_text("")
    (tmp_path / "verbs_of_test/greet_it.py").write_text(NEW_VERB)
    (tmp_path / "verbs_of_test/helper.py").write_text('"""Not a verb."""\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    group = LazyGroup("x", package="verbs_of_test", sections=("Apply", "Prove"))
    context = click.Context(group)
    assert group.list_commands(context) == ["greet-it"]
    formatter = click.HelpFormatter()
    group.format_commands(context, formatter)
    assert formatter.getvalue() == "Prove:\n  greet-it  Greet a patch.\n"
    command = group.get_command(context, "greet-it")
    assert command is not None
    assert command.name == "greet-it"


@pytest.mark.parametrize(
    "word", ["check_order", "series-lock", "releases_add", "__init__", "../main", "x y"]
)
def test_a_word_that_is_no_verb_is_refused(run: Run, word: str) -> None:
    said = run(word)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith(f"error: no verb {word!r}")


def test_a_module_without_a_section_is_not_listed(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text(NEW_VERB.replace('SECTION = "Prove"\n', ""))
    assert read_listing(path) is None


def test_the_version_without_metadata_says_where_the_files_are(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version, "installed_version", lambda: None)
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    place = Path(freebsd_port.__path__[0]).parent
    assert capfd.readouterr().out == (
        f"freebsd-port of unknown version, not installed, run from {place}\n"
    )


def test_the_module_prints_its_version_where_nothing_is_installed(tmp_path: Path) -> None:
    for package in (freebsd_port, click):
        (tmp_path / package.__name__).symlink_to(package.__path__[0])
    done = subprocess.run(
        [sys.executable, "-S", "-m", "freebsd_port", "--version"],  # -S: without site-packages
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"freebsd-port of unknown version, not installed, run from {tmp_path}\n"
