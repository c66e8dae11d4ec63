"""What rebase prints of what it did."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freebsd_port.cli.options import Common
from freebsd_port.cli.render import count, paint, print_json, say

if TYPE_CHECKING:
    from freebsd_port.core.rebase import RebasedPatch
    from freebsd_port.core.rebase_state import RebaseState
    from freebsd_port.ops.rebase import Rebased
    from freebsd_port.ops.rebase_proof import Proof

_LOOKS = {
    "kept": "good", "rewritten": "warn", "upstreamed": "warn", "conflict": "bad",
    "off": "dim", "left": "bad",
}  # fmt: skip


def show_rebased(
    common: Common,
    done: tuple[Rebased, ...],
    proofs: tuple[Proof, ...],
    *,
    markdown: Path | None,
    junit: Path | None,
) -> None:
    """Print the outcome as JSON or as lines, and write the reports."""
    is_good = not any(proof.verification and not proof.verification.is_good for proof in proofs)
    from freebsd_port.cli.rebase_report import render_junit, render_markdown, save_report

    if markdown:
        save_report(markdown, render_markdown(done))
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
        _show(common, one)
    for proof in proofs:
        _show_proof(common, proof)


def _show_proof(common: Common, proof: Proof) -> None:
    if proof.verification is None:
        say(f"{proof.release} {paint('not verified', 'warn')}: {proof.reason}")
    elif common.verbosity >= 0 or not proof.verification.is_good:
        from freebsd_port.cli.verification import show_verification

        say(f"{proof.release}:")
        show_verification(proof.verification, verbose=common.verbosity > 0)


def _proof_row(proof: Proof) -> dict[str, Any]:
    found = None
    if proof.verification is not None:
        from freebsd_port.cli.verification import verification_json

        found = verification_json(proof.verification)
    return {"release": proof.release, "reason": proof.reason, "verification": found}


def _row(one: Rebased) -> dict[str, Any]:
    carried = one.carried
    conflict = carried.conflict
    return {
        "from": carried.old,
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
                "missing": [
                    {"path": one.path, "line": one.line, "name": one.name} for one in patch.missing
                ],
                "hunks": [asdict(hunk) for hunk in patch.hunks],
            }
            for patch in carried.patches
        ],
    }


def _show(common: Common, one: Rebased) -> None:
    carried = one.carried
    if common.verbosity >= 0:
        for patch in carried.patches:
            if patch.state != "kept" or patch.missing or common.verbosity > 0:
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
    if common.verbosity >= 0 or carried.conflict or missing:
        say(f"{carried.old} to {carried.new}: {found}")
    if carried.conflict and one.unfinished:
        say(f"{paint('stopped', 'bad')} at {carried.conflict.name}; finish, then --continue:")
        for file in one.unfinished:
            say(f"  {os.path.relpath(file)}")


def _show_patch(common: Common, patch: RebasedPatch, release: str) -> None:
    counts = ", ".join(f"{number} {outcome}" for outcome, number in patch.counts().items())
    tail = f"  {paint(counts, 'dim')}" if counts else ""
    say(f"{paint(f'{patch.state:<10}', _LOOKS[patch.state])} {patch.name}{tail}")
    if patch.displaced:
        say(f"  its own text fits no more and gives way: patches/{patch.displaced}")
    for one in patch.missing:
        say(f"  {paint('missing', 'bad')}    {one.path}:{one.line}: {release} has no {one.name}")
    for hunk in patch.hunks:
        tells = hunk.outcome not in ("exact", "offset") and patch.state != "kept"
        if tells or common.verbosity > 0:
            place = hunk.path if hunk.line is None else f"{hunk.path}:{hunk.line}"
            say(f"  {hunk.outcome:<10} {place}: {hunk.reason}")


def show_state(common: Common, found: tuple[RebaseState, tuple[Path, ...]] | None) -> None:
    """Print where a rebase stands."""
    if common.as_json:
        state = found[0] if found else None
        print_json(
            {
                "ok": True,
                "verb": "rebase",
                "from": state.old if state else None,
                "to": state.new if state else None,
                "stopped": state.stopped if state else None,
                "settled": list(state.settled) if state else [],
                "skipped": dict(state.skipped) if state else {},
                "unfinished": [str(path) for path in found[1]] if found else [],
            }
        )
        return
    if found is None:
        say("no rebase was begun")
        return
    state, files = found
    say(f"{state.old} to {state.new}, {count(len(state.settled), 'patch')} settled by hand")
    if state.stopped:
        say(f"{paint('stopped', 'bad')} at {state.stopped}")
        for path in files:
            say(f"  markers left in {os.path.relpath(path)}")
        if not files:
            say("  no marker is left: freebsd-port rebase --continue")
    else:
        say("cut off while it wrote: freebsd-port rebase --continue")


def show_abort(common: Common, restored: tuple[str, ...]) -> None:
    """Print which files are as they were before."""
    if common.as_json:
        print_json({"ok": True, "verb": "rebase", "restored": list(restored)})
    elif common.verbosity >= 0:
        for path in restored:
            say(f"restored {path}")
        say("the rebase was aborted")
