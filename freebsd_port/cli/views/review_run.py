"""Run `review`: gather and choose the facts, then print, write or decide; and the facts as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from freebsd_port.cli.context import Common
from freebsd_port.cli.render import count, print_json, say
from freebsd_port.engine.core.patch.hunk import render_hunk
from freebsd_port.engine.core.review.flags import count_facts
from freebsd_port.errors import UsageError

if TYPE_CHECKING:
    from freebsd_port.engine.core.patch.hunk import Hunk
    from freebsd_port.engine.core.review.choose import Words
    from freebsd_port.engine.core.review.facts import (
        FourWay,
        HunkFacts,
        HunkOnRelease,
        PatchFacts,
        SeriesFacts,
    )
    from freebsd_port.engine.ops.review.decide import Choice


def facts_json(facts: SeriesFacts) -> dict[str, Any]:
    """Give the facts as `review --json` has them; bytes that are no UTF-8 are escaped."""
    return {
        "ok": True,
        "verb": "review",
        "release": facts.release,
        "releases": list(facts.releases),
        "counts": asdict(count_facts(facts.patches)),
        "patches": [_patch(patch) for patch in facts.patches],
    }


def _patch(patch: PatchFacts) -> dict[str, Any]:
    return {
        "name": patch.name,
        "file": patch.file,
        "off": patch.is_off,
        "fields": [list(field) for field in patch.header.fields],
        "prose": patch.header.prose,
        "upstream": patch.upstream,
        "findings": [asdict(one) for one in patch.findings],
        "hunks": [hunk_json(hunk) for hunk in patch.hunks],
    }


def hunk_json(hunk: HunkFacts) -> dict[str, Any]:
    """Give one hunk."""
    return {
        "id": hunk.id,
        "content": hunk.content,
        "patch": hunk.patch,
        "path": hunk.path,
        "number": hunk.number,
        "total": hunk.total,
        "scope": hunk.scope,
        "line": hunk.line,
        "patch_line": hunk.hunk.line,
        "diff": _diff(hunk.hunk),
        "landings": [_placement_json(one) for one in hunk.placements],
        "checks": None if hunk.checks is None else list(hunk.checks),
        "modes": list(hunk.modes),
        "missed": list(hunk.missed),
        "findings": [asdict(one) for one in hunk.findings],
        "decision": asdict(hunk.decision) if hunk.decision else None,
        "outdated": asdict(hunk.outdated) if hunk.outdated else None,
    }


def _placement_json(placement: HunkOnRelease) -> dict[str, Any]:
    """Give one placement; `other` is the diff of the hunk that the release takes instead."""
    other = None if placement.other is None else _diff(placement.other)
    row = asdict(replace(placement, other=None, merge=None))
    return {**row, "other": other, "merge": _merge_json(placement.merge)}


def _merge_json(merge: FourWay | None) -> dict[str, str] | None:
    """Give the four texts of a hunk that a release's variant has otherwise."""
    if merge is None:
        return None
    sides = {
        name: b"".join(lines).decode("utf-8", "backslashreplace")
        for name, lines in (
            ("base", merge.base),
            ("ours", merge.ours),
            ("theirs", merge.theirs),
            ("result", merge.result),
        )
    }
    return {"outcome": merge.outcome, "reason": merge.reason, **sides}


def _diff(hunk: Hunk) -> str:
    return render_hunk(hunk).decode("utf-8", "backslashreplace")


_SPLIT_COLUMNS = 120


@dataclass(frozen=True, slots=True)
class ReviewOptions:
    """The words and options of one call."""

    what: tuple[str, ...]
    choice: str | None
    """The verdict to write down, `reset`, or None to look only."""

    since: str | None
    unreviewed: bool
    by: str | None
    note: str
    is_split: bool | None
    no_pager: bool
    sarif: Path | None
    offline: bool

    @property
    def is_overview(self) -> bool:
        """Tell whether nothing in particular was asked for."""
        return not self.what and self.since is None and not self.unreviewed


def review(common: Common, asked: ReviewOptions) -> None:
    """Do what was asked for."""
    from freebsd_port.engine.core.review.choose import choose_hunks, read_words
    from freebsd_port.engine.ops.target.patch_source import load_series

    if common.names_series():
        if asked.since is not None:
            raise UsageError("--since is for the project's releases, not for --tree")
        series = common.source().load_series()
    else:
        project = common.project()
        if asked.since is not None:
            project.load_release(asked.since)
        series = load_series(project.series)
    words = read_words(asked.what, series)
    if asked.choice is not None:
        _require_decidable(asked)
    facts = choose_hunks(
        _gather(common, asked, words), words, since=asked.since, is_unreviewed=asked.unreviewed
    )
    if asked.sarif is not None:
        _write_sarif(asked.sarif, facts)
    if asked.choice is not None:
        _decide(common, asked, facts)
    elif common.as_json:
        print_json(facts_json(facts))
    elif common.verbosity >= 0:
        _show(common, asked, facts)


def _gather(common: Common, asked: ReviewOptions, words: Words) -> SeriesFacts:
    """Gather what is to be shown: other releases are looked at only where somebody looks."""
    if common.names_series():
        return gather_named(common)
    from freebsd_port.openstack.ops.review.gather import gather_review

    since = [asked.since] if asked.since is not None else []
    is_filter = not asked.what and not asked.unreviewed and not common.as_json
    releases = since if is_filter or asked.choice is not None else None
    patches: Any = None
    if not words.is_empty:
        patches = (
            (lambda here: words.find_patches(here.patches.values()))
            if words.hunks
            else words.patches
        )
    return gather_review(
        common.project(),
        common.release,
        patches=patches,
        releases=releases,
        venv=common.venv,
        options=common.options,
        is_offline=asked.offline,
        progress=common.progress,
    )


def gather_named(common: Common) -> SeriesFacts:
    """Gather the facts of the series that was named, on the tree that was."""
    from freebsd_port.engine.core.apply.place import QUILT_FUZZ
    from freebsd_port.engine.ops.review.gather import gather_tree
    from freebsd_port.engine.store.files.decisions import load_decision_file

    decisions = load_decision_file(common.decisions_file())
    base, label = common.base(), common.tree_label()
    return gather_tree(common.source(), base, label, decisions, max_fuzz=QUILT_FUZZ)


def _show(common: Common, asked: ReviewOptions, facts: SeriesFacts) -> None:
    from freebsd_port.cli.views.review_show import show_facts, show_overview
    from freebsd_port.cli.views.review_text import say_paged, terminal_width, wrapping_width

    width = terminal_width()
    if asked.is_overview:
        rows = show_overview(facts, wrap=wrapping_width(), has_hunks=common.verbosity > 0)
    elif facts.patches:
        is_split = width >= _SPLIT_COLUMNS if asked.is_split is None else asked.is_split
        beside = facts.releases if common.verbosity > 0 else [asked.since] if asked.since else []
        rows = show_facts(
            facts, width=width, wrap=wrapping_width(), is_split=is_split, beside=beside
        )
    else:
        rows = iter(("no hunk to show",))
    say_paged(rows, is_paged=not asked.no_pager)


def _require_decidable(asked: ReviewOptions) -> None:
    if not asked.what:
        raise UsageError(
            "no hunk is named: name hunks, or a patch for all of its hunks",
            hint="freebsd-port review --unreviewed",
        )
    if not asked.by and asked.choice != "reset":
        raise UsageError("the reviewer has no name: give --by NAME")


def _decide(common: Common, asked: ReviewOptions, facts: SeriesFacts) -> None:
    ids = [hunk.id for patch in facts.patches for hunk in patch.hunks]
    choice, by = cast("Choice", asked.choice), asked.by or ""
    if common.names_series():
        from datetime import date

        from freebsd_port.engine.ops.review.decide import decide_in_file

        names = common.source().load_series().names
        hunks = decide_in_file(
            common.decisions_file(), names, facts, ids, choice,
            by=by, note=asked.note, today=date.today().isoformat(),
        )  # fmt: skip
    else:
        from freebsd_port.openstack.ops.review.decide import decide_hunks

        hunks = decide_hunks(common.project(), facts, ids, choice, by=by, note=asked.note)
    if common.as_json:
        rows = [{"id": hunk.id, "patch": hunk.patch, "verdict": choice} for hunk in hunks]
        print_json({"ok": True, "verb": "review", "decided": rows})
    elif common.verbosity >= 0:
        from freebsd_port.cli.views.review_text import make_visible

        for hunk in hunks:
            say(f"{choice}  {hunk.id}  {make_visible(hunk.patch)}")
        say(f"{count(len(hunks), 'decision')} recorded")


def _write_sarif(path: Path, facts: SeriesFacts) -> None:
    import json

    from freebsd_port.cli.version import installed_version
    from freebsd_port.engine.core.review.sarif import all_findings, make_sarif
    from freebsd_port.openstack.store.project.project import save_if_changed

    log = make_sarif(all_findings(facts), installed_version())
    save_if_changed(path.absolute(), (json.dumps(log, indent=2) + "\n").encode())
