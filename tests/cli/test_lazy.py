"""Verbs are found in their modules: what is listed, what is imported, and what is refused."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest
from command_line import Run, Said

import freebsd_port.cli.commands
import freebsd_port.host.cli
from freebsd_port.cli import version
from freebsd_port.cli.commands.host import command as host
from freebsd_port.cli.lazy import LazyGroup, read_listing
from freebsd_port.cli.main import cli, main

GROUPS = {freebsd_port.cli.commands: cli, freebsd_port.host.cli: host}


def commands_of(package: ModuleType) -> dict[str, click.Command]:
    """The command of each module of a package that has one, by the module's name."""
    (directory,) = package.__path__
    names = [path.stem for path in Path(directory).glob("*.py")]
    modules = {name: importlib.import_module(f"{package.__name__}.{name}") for name in names}
    return {name: module.command for name, module in modules.items() if hasattr(module, "command")}


@pytest.mark.parametrize(("package", "group"), GROUPS.items(), ids=["freebsd-port", "host"])
def test_every_module_with_a_command_is_a_verb_or_below_one(
    package: ModuleType, group: LazyGroup
) -> None:
    commands = commands_of(package)
    listed = {one.verb.replace("-", "_") for one in group.listings()}
    below = {
        id(inner)
        for command in commands.values()
        if isinstance(command, click.Group)
        for inner in command.commands.values()
    }
    assert listed
    assert {name for name, command in commands.items() if id(command) not in below} == listed


@pytest.mark.parametrize("group", GROUPS.values(), ids=["freebsd-port", "host"])
def test_a_verb_is_listed_in_a_section_with_what_it_does(group: LazyGroup) -> None:
    for one in group.listings():
        command = group.get_command(click.Context(group), one.verb)
        assert command is not None
        assert re.fullmatch(r"[A-Z].*\.", one.summary), one
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


@pytest.mark.parametrize("word", ["console_bridge", "__init__", "../main", "x y"])
def test_a_word_that_is_no_verb_is_refused(run: Run, word: str) -> None:
    assert run(word) == Said(2, "", f"error: no verb {word!r}\n  try:   freebsd-port --help\n")
    assert host.get_command(click.Context(host), word) is None


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
