"""What a rebase prints, and its report as Markdown and JUnit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freebsd_port.cli.options import Common
from freebsd_port.cli.render import count, paint, print_json, say
from freebsd_port.cli.views.report_file import save_report

if TYPE_CHECKING:
    from freebsd_port.engine.core.rebase.outcome import (
        Difference,
        RebasedHunk,
        RebasedPatch,
        Sides,
    )
    from freebsd_port.engine.core.rebase.progress import RebaseState
    from freebsd_port.engine.ops.rebase.flow import Rebased
    from freebsd_port.openstack.ops.rebase.proof import Proof


PROJECT_COMMAND = "freebsd-port rebase"
"""What leads to a rebase of the project."""


def render_markdown(done: Sequence[Rebased], proofs: Sequence[Proof] = ()) -> str:
    """Give the checks that fail, a table of patches by release, and every hunk to look at."""
    names = list(dict.fromkeys(patch.name for one in done for patch in one.carried.patches))
    titles = [f"{one.carried.origin} to {one.carried.new}" for one in done]
    lines = ["# Rebase of the series", "", *_proof_lines(proofs)]
    lines += [f"| patch | {' | '.join(titles)} |"]
    lines.append("|---" * (len(done) + 1) + "|")
    for name in names:
        cells = []
        for one in done:
            patch = next((p for p in one.carried.patches if p.name == name), None)
            cells.append(_cell(patch) if patch else "")
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    for one in done:
        lines += _missing_lines(one)
        lines += _difference_lines(one)
        lines += _fault_lines(one)
        lines += _hunk_lines(one)
    return "\n".join(lines) + "\n"


def _proof_lines(proofs: Sequence[Proof]) -> list[str]:
    lines = []
    for proof in proofs:
        failures = proof.failures()
        if proof.verification is None:
            mark = "🔴 **Not verified**" if proof.is_broken else "Not verified"
            lines += [f"{mark} on {proof.release}: {proof.reason}", ""]
        elif proof.is_good:
            lines += [f"Verified on {proof.release}: every check passed.", ""]
        else:
            told = count(len(failures), "check") if failures else "no check of some patch passed"
            lines += [f"🔴 **The checks fail** on {proof.release}: {told}", ""]
            lines += [f"- `{name}`: {said.replace('|', '/')}" for name, said in failures]
            lines += [""]
    return lines


def _cell(patch: RebasedPatch) -> str:
    counts = ", ".join(f"{number} {outcome}" for outcome, number in patch.counts().items())
    state = patch.state if patch.is_rebased else f"**{patch.state}**"
    cell = f"{state}: {counts}" if counts else state
    cell += ", **names missing**" if patch.missing else ""
    return f"{cell}, **faults**" if patch.faults else cell


def _hunk_lines(one: Rebased) -> list[str]:
    rows = [
        f"| `{patch.name}` | `{hunk.path}` {hunk.number}/{hunk.total} | {hunk.outcome} | "
        f"{hunk.reason.replace('|', '/')} |"
        for patch in one.carried.patches
        for hunk in patch.hunks
        if _is_to_look_at(patch, hunk)
    ]
    if not rows:
        return []
    title = f"## Hunks to look at: {one.carried.origin} to {one.carried.new}"
    return ["", title, "", "| patch | hunk | outcome | reason |", "|---|---|---|---|", *rows]


def _is_to_look_at(patch: RebasedPatch, hunk: RebasedHunk) -> bool:
    """Tell whether a hunk is not where it was; in a patch that is kept, whether its scope is not.

    A patch that is kept has the text that somebody chose, but nobody looked at it in another scope.
    """
    if patch.state == "kept":
        return hunk.has_new_scope
    return hunk.outcome not in ("exact", "offset")


def _missing_lines(one: Rebased) -> list[str]:
    rows = [
        f"| `{patch.name}` | `{name.path}:{name.line}` | `{name.name}` |"
        for patch in one.carried.patches
        for name in patch.missing
    ]
    title = f"## Names that {one.carried.new} does not have"
    return ["", title, "", "| patch | line | name |", "|---|---|---|", *rows] if rows else []


def _difference_lines(one: Rebased) -> list[str]:
    found = [(patch, gap) for patch in one.carried.patches for gap in patch.differences]
    if not found:
        return []
    lines = ["", f"## Where the two releases differ: {one.carried.origin} to {one.carried.new}"]
    for patch, gap in found:
        lines += ["", f"`{patch.name}`, `{gap.path}:{gap.line}`: {_tell_difference(patch, gap)}"]
        for title, text in ((patch.source, gap.taken), (gap.version, gap.other)):
            fence = "`" * 4
            lines += ["", f"From {title}:", "", f"{fence}python", *_plain(text), fence]
    return lines


def _plain(lines: tuple[bytes, ...]) -> list[str]:
    return b"".join(lines).decode("utf-8", "replace").splitlines()


def _tell_difference(patch: RebasedPatch, gap: Difference) -> str:
    if gap.decided is not None:
        return (
            f"as {gap.decided} has it, whose code is the same there; {gap.version} has it otherwise"
        )
    if patch.is_rebased:
        return f"{patch.source} and {gap.version} have it differently; resolved before"
    return f"{patch.source} and {gap.version} have it differently: choose"


def _fault_lines(one: Rebased) -> list[str]:
    rows = [
        f"| `{patch.name}` | `{fault.path}:{fault.line}` | {fault.kind} | "
        f"{fault.reason.replace('|', '/')} |"
        for patch in one.carried.patches
        for fault in patch.faults
    ]
    title = f"## Lines that merge and look wrong on {one.carried.new}"
    head = ["", title, "", "| patch | line | kind | reason |", "|---|---|---|---|"]
    return [*head, *rows] if rows else []


def _is_bad(patch: RebasedPatch) -> bool:
    return patch.state in ("conflict", "left") or patch.is_doubtful


def _complaint(patch: RebasedPatch) -> str:
    told = [f"{m.name} ({m.path}:{m.line})" for m in patch.missing]
    words = [f"missing: {', '.join(told)}"] if told else []
    words += [f"{f.kind}: {f.reason} ({f.path}:{f.line})" for f in patch.faults]
    return "; ".join(words) or patch.state


def render_junit(done: Sequence[Rebased]) -> str:
    """Give a test suite a release and a test case a patch.

    A conflict is a failure, and so is a name that is missing or another fault.
    """
    from xml.etree import ElementTree

    root = ElementTree.Element("testsuites", name="freebsd-port rebase")
    for one in done:
        patches = one.carried.patches
        bad = [patch for patch in patches if _is_bad(patch)]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=f"{one.carried.origin} to {one.carried.new}",
            tests=str(len(patches)),
            failures=str(len(bad)),
            errors="0",
            skipped=str(sum(patch.state in ("off", "waiting") for patch in patches)),
        )
        for patch in patches:
            case = ElementTree.SubElement(
                suite, "testcase", classname=one.carried.new, name=patch.name
            )
            if _is_bad(patch):
                failure = ElementTree.SubElement(case, "failure", message=_complaint(patch))
                failure.text = "\n".join(f"{h.path}: {h.outcome}: {h.reason}" for h in patch.hunks)
            elif patch.state == "waiting":
                message = f"waits for {', '.join(patch.causes)}"
                ElementTree.SubElement(case, "skipped", message=message)
            elif patch.state == "off":
                ElementTree.SubElement(case, "skipped", message="off on this release")
            if patch.differences:
                output = ElementTree.SubElement(case, "system-out")
                output.text = "\n".join(
                    f"{gap.path}:{gap.line}: {_tell_difference(patch, gap)}"
                    for gap in patch.differences
                )
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


_LOOKS = {
    "kept": "good", "rewritten": "warn", "upstreamed": "warn", "conflict": "bad",
    "waiting": "warn", "off": "dim", "left": "bad",
}  # fmt: skip


def show_rebased(
    common: Common,
    done: tuple[Rebased, ...],
    proofs: tuple[Proof, ...],
    *,
    markdown: Path | None,
    junit: Path | None,
    command: str,
) -> None:
    """Print the outcome as JSON or as lines, and write the reports.

    `command` leads to this rebase again.
    """
    is_good = all(proof.is_good for proof in proofs)

    if markdown:
        save_report(markdown, render_markdown(done, proofs))
    if junit:
        save_report(junit, render_junit(done))
    if common.as_json:
        print_json(
            {
                "ok": is_good and not any(one.carried.conflict for one in done),
                "verb": "rebase",
                "releases": [_row(one) for one in done],
                "verified": [_proof_row(proof) for proof in proofs],
            }
        )
        return
    for one in done:
        _show(common, one, command)
    for proof in proofs:
        _show_proof(common, proof)


def _show_proof(common: Common, proof: Proof) -> None:
    if proof.verification is None:
        look = "bad" if proof.is_broken else "warn"
        say(f"{proof.release} {paint('not verified', look)}: {proof.reason}")
    elif common.verbosity >= 0 or not proof.verification.is_good:
        from freebsd_port.cli.views.verify import show_verification

        say(f"{proof.release}:")
        show_verification(proof.verification, verbose=common.verbosity > 0)


def _proof_row(proof: Proof) -> dict[str, Any]:
    found = None
    if proof.verification is not None:
        from freebsd_port.cli.views.verify import verification_json

        found = verification_json(proof.verification)
    return {"release": proof.release, "reason": proof.reason, "verification": found}


def _row(one: Rebased) -> dict[str, Any]:
    carried = one.carried
    conflict = carried.conflict
    return {
        "from": carried.old,
        "beside": list(carried.beside),
        "to": carried.new,
        "stopped": conflict.name if conflict and one.unfinished else None,
        "written": list(one.written),
        "would_write": list(one.planned),
        "unfinished": [str(path) for path in one.unfinished],
        "patches": [
            {
                "name": patch.name,
                "state": patch.state,
                "displaced": patch.displaced,
                "source": patch.source,
                "causes": list(patch.causes),
                "differences": [
                    {
                        "path": gap.path,
                        "line": gap.line,
                        "version": gap.version,
                        "taken": _plain(gap.taken),
                        "other": _plain(gap.other),
                        "decided": gap.decided,
                    }
                    for gap in patch.differences
                ],
                "missing": [
                    {"path": one.path, "line": one.line, "name": one.name} for one in patch.missing
                ],
                "faults": [
                    {"path": one.path, "line": one.line, "kind": one.kind, "reason": one.reason}
                    for one in patch.faults
                ],
                "hunks": [_hunk_row(hunk) for hunk in patch.hunks],
            }
            for patch in carried.patches
        ],
    }


def _hunk_row(hunk: RebasedHunk) -> dict[str, Any]:
    row = {
        field: getattr(hunk, field)
        for field in (
            "path", "number", "total", "outcome", "reason", "line", "scope", "new_scope",
        )
    }  # fmt: skip
    return {**row, "sides": _sides_row(hunk.sides) if hunk.sides else None}


def _sides_row(sides: Sides) -> dict[str, Any]:
    def text(lines: tuple[bytes, ...]) -> str:
        return b"".join(lines).decode("utf-8", "replace")

    return {
        "base": text(sides.base),
        "ours": text(sides.ours),
        "theirs": text(sides.theirs),
        "result": None if sides.result is None else text(sides.result),
        "base_line": sides.base_line,
        "line": sides.line,
    }


def _show(common: Common, one: Rebased, command: str) -> None:
    carried = one.carried
    if common.verbosity >= 0:
        for patch in carried.patches:
            is_new = any(_is_to_look_at(patch, hunk) for hunk in patch.hunks)
            is_new = is_new or bool(patch.differences)
            if patch.state != "kept" or patch.is_doubtful or is_new or common.verbosity > 0:
                _show_patch(common, patch, carried.new)
        for path in one.written:
            say(f"wrote {path}")
        for path in one.planned:
            say(f"would write {path}")
    states = [patch.state for patch in carried.patches]
    found = ", ".join(f"{states.count(state)} {state}" for state in _LOOKS if state in states)
    missing = sum(len(patch.missing) for patch in carried.patches)
    if missing:
        found += f"; {count(missing, 'name')} missing"
    faults = sum(len(patch.faults) for patch in carried.patches)
    if faults:
        found += f"; {count(faults, 'fault')}"
    if common.verbosity >= 0 or carried.conflict or missing or faults:
        say(f"{carried.origin} to {carried.new}: {found}")
    if carried.conflict and one.unfinished:
        go_on = "--continue" if command == PROJECT_COMMAND else f"{command} --continue"
        stopped = f"{paint('stopped', 'bad')} at {carried.conflict.name}"
        say(f"{stopped}; resolve these files, then {go_on}:")
        for file in one.unfinished:
            say(f"  {os.path.relpath(file)}")


def _show_patch(common: Common, patch: RebasedPatch, release: str) -> None:
    counts = ", ".join(f"{number} {outcome}" for outcome, number in patch.counts().items())
    tail = f"  {paint(counts, 'dim')}" if counts else ""
    say(f"{paint(f'{patch.state:<10}', _LOOKS[patch.state])} {patch.name}{tail}")
    if patch.displaced:
        say(f"  its variant does not apply any more and is replaced: patches/{patch.displaced}")
    for one in patch.missing:
        say(f"  {paint('missing', 'bad')}    {one.path}:{one.line}: {release} has no {one.name}")
    for gap in patch.differences:
        say(f"  differs    {gap.path}:{gap.line}: {_tell_difference(patch, gap)}")
        if common.verbosity > 0 or gap.decided is None:
            for mark, text in (("<", gap.taken), (">", gap.other)):
                for line in _plain(text):
                    say(f"  {paint(mark, 'dim')} {line}")
    for fault in patch.faults:
        kind = paint(f"{fault.kind:<10}", "bad")
        say(f"  {kind} {fault.path}:{fault.line}: {fault.reason}")
    for hunk in patch.hunks:
        if _is_to_look_at(patch, hunk) or common.verbosity > 0:
            place = hunk.path if hunk.line is None else f"{hunk.path}:{hunk.line}"
            say(f"  {hunk.outcome:<10} {place}: {hunk.reason}")


def show_state(
    common: Common, found: tuple[RebaseState, tuple[Path, ...]] | None, command: str
) -> None:
    """Print where a rebase stands."""
    if common.as_json:
        state = found[0] if found else None
        print_json(
            {
                "ok": True,
                "verb": "rebase",
                "from": state.old if state else None,
                "to": state.new if state else None,
                "beside": list(state.beside) if state else [],
                "ahead": list(state.ahead) if state else [],
                "stopped": state.stopped if state else None,
                "settled": list(state.settled) if state else [],
                "skipped": dict(state.skipped) if state else {},
                "unfinished": [str(path) for path in found[1]] if found else [],
            }
        )
        return
    if found is None:
        say("no rebase is in progress")
        return
    state, files = found
    say(f"{state.origin} to {state.new}, {count(len(state.settled), 'patch')} resolved by hand")
    if state.stopped:
        say(f"{paint('stopped', 'bad')} at {state.stopped}")
        for path in files:
            say(f"  markers left in {os.path.relpath(path)}")
        if not files:
            say(f"  no marker is left: {command} --continue")
        if state.ahead:
            say(f"conflicts to come: {', '.join(state.ahead)}")
    else:
        say(f"interrupted while writing: {command} --continue")


def show_abort(common: Common, restored: tuple[str, ...]) -> None:
    """Print which files are as they were before."""
    if common.as_json:
        print_json({"ok": True, "verb": "rebase", "restored": list(restored)})
    elif common.verbosity >= 0:
        for path in restored:
            say(f"restored {path}")
        say("the rebase was aborted")
