"""The documentation: the reference follows the help, and what pages name or link to is there."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import click
import pytest
from manual.json_keys import JsonKeys, load_json_keys
from manual.links import (
    external_fault,
    find_broken_links,
    find_broken_site_links,
    heading_anchors,
)
from manual.markdown import render_index, render_page
from manual.mdoc import render_man
from manual.modules import render_modules
from manual.read_help import Page, read_pages
from manual.site import stage_sources
from test_packaging import hatchling

from freebsd_port.cli.main import cli

ROOT = Path(__file__).resolve().parents[1]
DAY = date(2026, 11, 3)


@click.group("tool", epilog="\b\nExamples:\n  tool hit x\n")
def tool() -> None:
    """Hit things."""


@tool.command("hit", epilog="\b\nExamples:\n  tool hit x\n\n\b\nExit status: 0 hit; 1 missed.")
@click.argument("what", metavar="WHAT...")
@click.option("-f", "--force", is_flag=True, help="Hit harder.")
@click.option("--times", metavar="N", help="How often.", multiple=True)
def hit(what: str, force: bool, times: str) -> None:
    """Hit one thing, like -p0. Then rest.

    .Nothing is `hit` twice. A path\\name stays.
    """


@pytest.fixture(scope="module")
def pages() -> tuple[Page, ...]:
    return read_pages(cli)


@pytest.fixture(scope="module")
def keys() -> JsonKeys:
    return load_json_keys()


def test_a_page_has_the_help_in_parts() -> None:
    main, below = read_pages(tool, "tool")
    assert (main.examples, main.arguments) == (("tool hit x",), ("COMMAND [ARGS]...",))
    assert below.words == ("tool", "hit")
    assert below.summary == "Hit one thing, like -p0. Then rest"
    assert below.statuses == ((0, "hit"), (1, "missed"))
    assert below.arguments == ("WHAT...",)
    force, times, _ = below.options
    assert (force.names, force.value, force.help) == (("-f", "--force"), "", "Hit harder.")
    assert (times.names, times.value, times.is_repeatable) == (("--times",), "N", True)


def test_a_man_page_escapes_what_roff_would_obey() -> None:
    main, below = read_pages(tool, "tool")
    text = render_man(below, (main, below), JsonKeys({"document": {}}), DAY)
    assert text.startswith(".Dd November 3, 2026\n.Dt TOOL-HIT 1\n")
    assert "\n\\&.Nothing is \\fBhit\\fP twice.\nA path\\ename stays.\n" in text
    assert "\nHit one thing, like -p0.\nThen rest.\n" in text  # mdoc wants a line a sentence
    assert ".It Fl f , Fl -force\nHit harder.\n" in text
    assert ".Xr tool 1\n" in text


@pytest.mark.parametrize("program", ["mandoc", "groff"])
def test_every_man_page_renders_without_a_warning(
    program: str, pages: tuple[Page, ...], keys: JsonKeys, tmp_path: Path
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not here")
    for page in pages:
        (tmp_path / f"{page.name}.1").write_text(render_man(page, pages, keys, DAY), "utf-8")
    files = sorted(map(str, tmp_path.iterdir()))
    lint = ["mandoc", "-T", "lint", "-W", "warning", *files]
    draw = ["groff", "-mdoc", "-ww", "-z", "-K", "utf8", *files]
    words = lint if program == "mandoc" else draw
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("", "")


def test_the_wheel_brings_a_man_page_for_each_verb(pages: tuple[Page, ...], tmp_path: Path) -> None:
    with zipfile.ZipFile(hatchling(ROOT, "wheel", tmp_path)) as wheel:
        found = {name.rpartition("/")[2] for name in wheel.namelist() if "/man/man1/" in name}
    assert found == {f"{page.name}.1" for page in pages}


def test_making_the_man_pages_takes_nothing_but_click(tmp_path: Path) -> None:
    """The build environment of the wheel has no more than pyproject.toml names for it."""
    (tmp_path / "click").symlink_to(Path(click.__file__).parent)
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import runpy; sys.argv[1:] = "
    script += f"['man', {str(tmp_path / 'man')!r}]; runpy.run_path({str(ROOT / 'scripts/manual')!r}"
    script += ", run_name='__main__')"
    subprocess.run([sys.executable, "-I", "-S", "-c", script], check=True)
    assert (tmp_path / "man/freebsd-port-check.1").is_file()


def test_every_verb_has_its_json_keys_declared(pages: tuple[Page, ...], keys: JsonKeys) -> None:
    assert {page.verb for page in pages[1:]} <= set(keys.tables)


def test_a_key_that_is_not_declared_is_named(keys: JsonKeys) -> None:
    document = {"ok": True, "verb": "pop", "hunks": [{"patch": "x", "colour": "red"}], "new": {}}
    assert keys.undeclared("pop", document) == ["hunks[].colour", "new"]
    nested = {"verification": {"runs": [{"patches": {"a.patch": {"passed": 1}}}], "hunks": []}}
    assert keys.undeclared("apply", nested) == []


def test_a_page_of_the_reference_has_examples_options_statuses_and_keys(
    pages: tuple[Page, ...], keys: JsonKeys
) -> None:
    apply = next(page for page in pages if page.verb == "apply")
    text = render_page(apply, keys)
    for part in (
        "# `freebsd-port apply`",
        "`-n`, `--dry-run`\n: ",
        "## Examples",
        "| `written[]` |",
    ):
        assert part in text
    index = render_index(pages, keys)
    assert all(f"({page.name}.md)" in index for page in pages[1:])


def test_a_link_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# One `two`\n\n# One two\n\n```\n# no heading\n```\n")
    text = (
        "[a](b.md) [b](b.md#one-two) [c](b.md#one-two-1) [d](#here) `[e](none.md)`\n\n# Here\n"
        "[f](none.md) [g](b.md#no-heading) [h](../x) [i](https://nohost/x) [j](ftp://a.org)"
        " ![k](k.png) [l](https://a.example.org/x)"
    )
    page = tmp_path / "a.md"
    page.write_text(text)
    assert find_broken_links(tmp_path, [page]) == [
        "a.md: none.md: no such file",
        "a.md: b.md#no-heading: b.md has no heading for it",
        "a.md: ../x: leads out of the project",
        "a.md: https://nohost/x: no host name",
        "a.md: ftp://a.org: a link of an unknown kind: ftp",
        "a.md: k.png: no such file",
    ]
    assert heading_anchors("## What apply does: `x`!") == {"what-apply-does-x"}
    assert external_fault("mailto:nobody") == "no address"


def test_a_link_of_the_built_site_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        "<a id=x href='b.html#y'></a><a href='#x'></a><a href='b.html#z'></a><img src='c.png'>"
    )
    (tmp_path / "b.html").write_text("<p id='y'><a href='https://example.org/#no'></a></p>")
    assert list(find_broken_site_links(tmp_path)) == [
        "a.html: b.html#z: leads nowhere",
        "a.html: c.png: leads nowhere",
    ]


def test_no_page_has_a_link_that_leads_nowhere() -> None:
    documents = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
    assert find_broken_links(ROOT, documents) == []


def test_the_site_links_the_first_mention_of_a_verb_and_pages_of_the_root(
    pages: tuple[Page, ...], tmp_path: Path
) -> None:
    (tmp_path / "docs/sub").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "CONTRIBUTING.md").write_text("See [a](docs/a.md) and [s](series).\n")
    (tmp_path / "docs/a.md").write_text(
        "# `freebsd-port pop`\n\n`freebsd-port host doctor -q`, `freebsd-port host doctor`\n"
        "[c](../CONTRIBUTING.md#x) [r](../README.md#y) [s](../series)\n"
    )
    (tmp_path / "docs/sub/b.md").write_text("`freebsd-port pop` [c](../../CONTRIBUTING.md)\n")
    stage_sources(tmp_path, tmp_path / "out", pages)
    assert (tmp_path / "out/a.md").read_text() == (
        "# `freebsd-port pop`\n\n"
        "[`freebsd-port host doctor -q`](reference/freebsd-port-host-doctor.md), "
        "`freebsd-port host doctor`\n"
        "[c](contributing.md#x) [r](index.md) s\n"
    )
    assert (tmp_path / "out/sub/b.md").read_text() == (
        "[`freebsd-port pop`](../reference/freebsd-port-pop.md) [c](../contributing.md)\n"
    )
    assert "[a](a.md)" in (tmp_path / "out/contributing.md").read_text()


def test_every_module_that_the_documents_name_is_there() -> None:
    named = set()
    for path in ROOT.glob("docs/**/*.md"):
        text = path.read_text("utf-8")
        named |= set(
            re.findall(
                r"`(?:freebsd_port/)?((?:engine|openstack|host|cli|in_target)/[a-z_/.]*)`", text
            )
        )
    assert len(named) > 30
    assert [name for name in sorted(named) if not (ROOT / "freebsd_port" / name).exists()] == []


def test_the_page_of_modules_has_each_with_its_sentence() -> None:
    text = render_modules(ROOT / "freebsd_port")
    for path in ROOT.glob("freebsd_port/**/*.py"):
        if path.name[:2] != "__":
            assert re.search(rf"^\| `{path.name}` \| \S.+ \|$", text, re.MULTILINE), path


def test_each_message_in_troubleshooting_is_one_that_the_program_prints() -> None:
    text = (ROOT / "docs/troubleshooting.md").read_text("utf-8")
    messages = re.findall(r"^### (.+)$", text, re.MULTILINE)
    known = [pattern for path in ROOT.glob("freebsd_port/**/*.py") for pattern in patterns(path)]
    assert len(messages) > 20
    for message in messages:
        assert any(pattern.fullmatch(message) for pattern in known), message


def patterns(path: Path) -> list[re.Pattern[str]]:
    """Give a pattern for each string of a module that says something; values are any text."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node]
        shape = "".join(map(shape_of, parts))
        if len(shape.replace(".*", "")) > 8:
            found.append(re.compile(shape))
    return found


def shape_of(part: ast.AST) -> str:
    match part:
        case ast.Constant(value=str(text)):
            return re.escape(text)
        case ast.FormattedValue(value=ast.IfExp(body=one, orelse=other)):
            shapes = (shape_of(one), shape_of(other))
            return ".*" if ".*" in shapes else f"(?:{'|'.join(shapes)})"
    return ".*"


def test_the_glossary_defines_each_word_once() -> None:
    text = (ROOT / "docs/glossary.md").read_text("utf-8")
    words = [word.lower() for word in re.findall(r"^### (.+)$", text, re.MULTILINE)]
    assert len(words) == len(set(words)) > 40
    assert re.search(r"^### .+\n\n(?!\S)", text, re.MULTILINE) is None, "a word without a meaning"
