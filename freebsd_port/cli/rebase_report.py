"""A rebase as a Markdown summary for a change request, and as JUnit for a CI."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from freebsd_port.errors import PortError

if TYPE_CHECKING:
    from freebsd_port.core.rebase import RebasedPatch
    from freebsd_port.ops.rebase import Rebased


class ReportError(PortError):
    """A report that cannot be written."""


def save_report(path: Path, text: str) -> None:
    """Write it; raises ReportError."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ReportError(
            f"the report cannot be written: {(error.strerror or str(error)).lower()}",
            where=str(path),
        ) from error


def render_markdown(done: Sequence[Rebased]) -> str:
    """Give a table of patches by release, and every hunk that is not where it was."""
    names = list(dict.fromkeys(patch.name for one in done for patch in one.carried.patches))
    titles = [f"{one.carried.old} to {one.carried.new}" for one in done]
    lines = ["# Rebase of the series", "", f"| patch | {' | '.join(titles)} |"]
    lines.append("|---" * (len(done) + 1) + "|")
    for name in names:
        cells = []
        for one in done:
            patch = next((p for p in one.carried.patches if p.name == name), None)
            cells.append(_cell(patch) if patch else "")
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    for one in done:
        lines += _missing_lines(one)
        lines += _hunk_lines(one)
    return "\n".join(lines) + "\n"


def _cell(patch: RebasedPatch) -> str:
    counts = ", ".join(f"{number} {outcome}" for outcome, number in patch.counts().items())
    state = patch.state if patch.is_carried else f"**{patch.state}**"
    cell = f"{state}: {counts}" if counts else state
    return f"{cell}, **names missing**" if patch.missing else cell


def _hunk_lines(one: Rebased) -> list[str]:
    rows = [
        f"| `{patch.name}` | `{hunk.path}` {hunk.number}/{hunk.total} | {hunk.outcome} | "
        f"{hunk.reason.replace('|', '/')} |"
        for patch in one.carried.patches
        for hunk in patch.hunks
        if patch.state != "kept" and hunk.outcome not in ("exact", "offset")
    ]
    if not rows:
        return []
    title = f"## Hunks to look at: {one.carried.old} to {one.carried.new}"
    return ["", title, "", "| patch | hunk | outcome | reason |", "|---|---|---|---|", *rows]


def _missing_lines(one: Rebased) -> list[str]:
    rows = [
        f"| `{patch.name}` | `{name.path}:{name.line}` | `{name.name}` |"
        for patch in one.carried.patches
        for name in patch.missing
    ]
    title = f"## Names that {one.carried.new} does not have"
    return ["", title, "", "| patch | line | name |", "|---|---|---|", *rows] if rows else []


def _is_bad(patch: RebasedPatch) -> bool:
    return not patch.is_carried or bool(patch.missing)


def _complaint(patch: RebasedPatch) -> str:
    if not patch.missing:
        return patch.state
    return "missing: " + ", ".join(f"{m.name} ({m.path}:{m.line})" for m in patch.missing)


def render_junit(done: Sequence[Rebased]) -> str:
    """Give a test suite a release and a test case a patch.

    A conflict is a failure, and so is a name that is missing.
    """
    root = ElementTree.Element("testsuites", name="freebsd-port rebase")
    for one in done:
        patches = one.carried.patches
        bad = [patch for patch in patches if _is_bad(patch)]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=f"{one.carried.old} to {one.carried.new}",
            tests=str(len(patches)),
            failures=str(len(bad)),
            errors="0",
            skipped=str(sum(patch.state == "off" for patch in patches)),
        )
        for patch in patches:
            case = ElementTree.SubElement(
                suite, "testcase", classname=one.carried.new, name=patch.name
            )
            if _is_bad(patch):
                failure = ElementTree.SubElement(case, "failure", message=_complaint(patch))
                failure.text = "\n".join(f"{h.path}: {h.outcome}: {h.reason}" for h in patch.hunks)
            elif patch.state == "off":
                ElementTree.SubElement(case, "skipped", message="off on this release")
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
