"""One hunk on a patch's page: its lines, placements, checks, decision, and its other variants."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import zip_longest

from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.review.facts import Decision, FourWay, HunkFacts, HunkOnRelease
from freebsd_port.engine.core.review.flags import WORDS, hunk_flags, is_uncovered
from freebsd_port.engine.core.review.lines import HunkLine, read_lines
from freebsd_port.engine.core.review.site.diff import render_diff
from freebsd_port.engine.core.review.site.markup import Html, element, plain
from freebsd_port.engine.core.review.site.page import Frame
from freebsd_port.engine.core.text.unseen import decode_line


def render_others(hunk: HunkFacts, shown: Sequence[HunkLine]) -> list[Html]:
    """Give each variant that some release takes instead, once, with the releases that do."""
    merges: dict[FourWay, list[HunkOnRelease]] = {}
    for placement in hunk.placements:
        if placement.merge is not None:
            merges.setdefault(placement.merge, []).append(placement)
    known = {(line.change, line.text) for line in shown}
    found = []
    for merge, same in merges.items():
        releases = ", ".join(placement.release for placement in same)
        placement = same[-1]
        if placement.other is None:
            found.append(_render_merge(hunk, releases, merge))
            continue
        lines = _read(hunk, placement.other, placement.line)
        fresh = {line.patch_line for line in lines if (line.change, line.text) not in known}
        found.append(_render_other(hunk, releases, lines, fresh, merge))
    return found


_SIDES = (
    ("base", "what the hunk finds on the release that is shown"),
    ("ours", "what it makes of that"),
    ("theirs", "what the variant finds"),
    ("result", "what the variant makes of that"),
)


def _render_sides(hunk: HunkFacts, releases: str, merge: FourWay) -> Html:
    """Give base, ours, theirs and result beside each other."""
    panes = []
    for name, meaning in _SIDES:
        lines: tuple[bytes, ...] = getattr(merge, name)
        label = f"{name} of hunk {hunk.number} of {plain(hunk.path)} on {releases}"
        text = "\n".join(map(decode_line, lines))
        pane = element("pre", element("code", text), tabindex="0", role="region", aria_label=label)
        caption = element("figcaption", element("strong", name), f": {meaning}")
        panes.append(element("figure", caption, pane))
    return element("div", *panes, class_="sides")


def _render_merge(hunk: HunkFacts, releases: str, merge: FourWay) -> Html:
    word = merge.outcome.capitalize()
    summary = element("summary", f"{word} for ", element("strong", releases), f": {merge.reason}")
    return element("details", summary, _render_sides(hunk, releases, merge), class_="other")


def _read(hunk: HunkFacts, other: Hunk, line: int | None) -> tuple[HunkLine, ...]:
    old_line = other.old_start if line is None else line
    new_line = old_line + other.new_start - other.old_start
    return read_lines(other, old_line, new_line, is_python=hunk.path.endswith(".py"))


def _render_other(
    hunk: HunkFacts,
    releases: str,
    lines: Sequence[HunkLine],
    fresh: Collection[int],
    merge: FourWay,
) -> Html:
    label = f"Lines of hunk {hunk.number} of {plain(hunk.path)} on {releases}"
    many = "1 line differs" if len(fresh) == 1 else f"{len(fresh)} lines differ"
    summary = element("summary", "Variant for ", element("strong", releases), f": {many}")
    table = render_diff(lines, label, missed=(), findings=(), other=fresh)
    sides = _render_sides(hunk, releases, merge)
    return element("details", summary, table, sides, class_="other")


_VERDICTS = {"approved": "Approved", "changes-requested": "Changes requested"}


def render_hunk(
    frame: Frame, hunk: HunkFacts, page: str, *, new_line: int, starts_in_text: bool
) -> Html:
    """Give the hunk's section; `new_line` is where its new side starts in the file after."""
    old_line = hunk.line if hunk.line is not None else hunk.hunk.old_start
    diff = _diff(hunk, old_line, new_line, starts_in_text=starts_in_text)
    facts = (_placements(hunk), _checks(hunk), _decision(frame, hunk, page))
    return element(
        "section",
        _head(frame, hunk),
        element(
            "div",
            element("div", *diff, class_="lines"),
            element("div", *facts, class_="facts"),
            class_="columns",
        ),
        id=f"hunk-{hunk.id}",
        class_="hunk",
        tabindex="-1",
        aria_labelledby=f"title-{hunk.id}",
        data_flags=" ".join(sorted(hunk_flags(hunk))),
        data_line=old_line if hunk.line is not None else None,
        data_old=len(hunk.hunk.old),
        data_new=new_line,
        data_count=len(hunk.hunk.new),
    )


def _diff(hunk: HunkFacts, old_line: int, new_line: int, *, starts_in_text: bool) -> list[Html]:
    """Give the hunk's lines, and behind them what other releases take instead."""
    is_python = hunk.path.endswith(".py")
    lines = read_lines(
        hunk.hunk, old_line, new_line, is_python=is_python, starts_in_text=starts_in_text
    )
    label = f"Lines of hunk {hunk.number} of {hunk.total} of {plain(hunk.path)}"
    diff = render_diff(lines, label, missed=hunk.missed, findings=hunk.findings)
    return [diff, *render_others(hunk, lines)]


def _head(frame: Frame, hunk: HunkFacts) -> Html:
    name = hunk.scope or ("the module" if hunk.path.endswith(".py") else "the file")
    heading = element(
        "h3",
        element("span", f"Hunk {hunk.number} of {hunk.total} ", class_="number"),
        element("code", name),
        id=f"title-{hunk.id}",
    )
    link = element("a", hunk.id, href=f"#hunk-{hunk.id}", class_="id", title="Link to this hunk")
    return element("div", heading, _badges(frame, hunk), link, class_="hunk-head")


def _badges(frame: Frame, hunk: HunkFacts) -> Html:
    found = []
    if hunk.decision is not None:
        look = "good" if hunk.decision.verdict == "approved" else "bad"
        found.append(element("span", _VERDICTS[hunk.decision.verdict], class_=f"badge {look}"))
    else:
        words = "Changed since it was decided" if hunk.outdated else "Unreviewed"
        found.append(element("span", words, class_="badge"))
    if hunk.findings:
        many = len(hunk.findings)
        words = f"{many} finding{'s' if many > 1 else ''}"
        found.append(element("span", words, class_="badge warn"))
    if is_uncovered(hunk):
        found.append(element("span", "Uncovered", class_="badge warn"))
    if hunk.line is None:
        found.append(element("span", "Fits nowhere", class_="badge bad"))
    return element("span", *found, class_="badges", data_live=frame.live(f"badges-{hunk.id}"))


def _placements(hunk: HunkFacts) -> Html:
    head = element(
        "tr", *(element("th", name, scope="col") for name in ("Release", "Placement", "Line"))
    )
    return element(
        "table",
        element("caption", "Placement on each release"),
        element("thead", head),
        element("tbody", *(_placement(one) for one in hunk.placements)),
        class_="placements",
    )


def _placement(placement: HunkOnRelease) -> Html:
    offset = f" {placement.offset:+d}" if placement.offset else ""
    reason = element("span", f" {placement.reason}", class_="reason") if placement.reason else None
    other = None
    if placement.counterpart is not None and placement.file is not None:
        text = placement.file.rpartition("@")[2].removesuffix(".patch")
        other = element("span", f" @{text}", class_="reason")
    has_line = placement.line is not None
    return element(
        "tr",
        element("th", placement.release, scope="row"),
        element(
            "td",
            WORDS[placement.state],
            offset,
            reason,
            other,
            class_=f"placement {placement.state}",
            colspan=None if has_line else "2",
        ),
        element("td", str(placement.line), class_="line") if has_line else None,
    )


def _checks(hunk: HunkFacts) -> Html:
    if hunk.checks is None:
        told = element("p", "Not measured: run ", element("code", "freebsd-port verify"))
        return element("div", element("h4", "Checks"), told, class_="checks")
    missed = [element("li", element("code", line)) for line in hunk.missed]
    ran = [
        element("li", element("code", name), " ", element("span", mode, class_="dim"))
        for name, mode in zip_longest(hunk.checks, hunk.modes, fillvalue="")
    ]
    checks = "1 check runs" if len(ran) == 1 else f"{len(ran)} checks run"
    words = f"{checks} it" if ran else "No check runs it" if missed else "Nothing in it to run"
    return element(
        "div",
        element("h4", "Checks"),
        element("details", element("summary", words), element("ul", *ran))
        if ran
        else element("p", words, class_="warn" if missed else "dim"),
        element("p", "Lines that no check runs", class_="warn") if missed else None,
        element("ul", *missed) if missed else None,
        class_="checks",
    )


def _decision(frame: Frame, hunk: HunkFacts, page: str) -> Html:
    told = [_told(hunk.decision, "")] if hunk.decision else []
    if hunk.outdated:
        told.append(_told(hunk.outdated, "Before its meaning changed: "))
    if not told:
        told.append(element("p", "Not decided yet"))
    form = decide_form(frame, page, (hunk.id,), hunk)
    return element(
        "div",
        element("h4", "Decision"),
        element("div", *told, data_live=frame.live(f"decision-{hunk.id}")),
        form if frame.can_decide else None,
        class_="decision",
    )


def _told(decision: Decision, before: str) -> Html:
    return element(
        "div",
        element(
            "p",
            before,
            element("strong", _VERDICTS[decision.verdict]),
            " by ",
            decision.by,
            ", ",
            element("span", decision.on, class_="date"),
        ),
        element("blockquote", decision.note) if decision.note else None,
    )


def decide_form(
    frame: Frame, page: str, hunks: tuple[str, ...], hunk: HunkFacts | None = None
) -> Html:
    """Give the buttons that decide these hunks; they work without a script too.

    `hunk` is the only one decided, None for all of a patch. The script keeps an unsaved note by
    `data-note`.
    """
    key = hunk.id if hunk else "all"
    fields = [f'<input type="hidden" name="hunk" value="{one}">' for one in hunks]
    reset = element("button", "Reset", name="verdict", value="reset", class_="quiet")
    return element(
        "form",
        element("span", Html("".join(fields)), data_live=frame.live(f"hunks-{key}")),
        Html(f'<input type="hidden" name="page" value="{page}">'),
        element("label", "Note", for_=f"note-{key}"),
        element(
            "textarea",
            id=f"note-{key}",
            name="note",
            rows="1",
            maxlength="2000",
            autocomplete="off",
            data_note=hunk.id if hunk else page,
        ),
        element("p", "Not saved yet; kept in this browser", class_="kept", hidden=True),
        element(
            "div",
            element("button", "Approve", name="verdict", value="approved", class_="approve"),
            element("button", "Request changes", name="verdict", value="changes-requested"),
            element(
                "span",
                reset if hunk and hunk.decision else None,
                data_live=frame.live(f"reset-{key}"),
            ),
            class_="buttons",
        ),
        element("p", class_="refused", role="alert"),
        class_="decide",
        method="post",
        action="/decide",
        aria_label=f"Decide {'this hunk' if hunk else 'all hunks of this patch'}",
    )
