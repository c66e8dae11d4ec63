"""The overview: a row a patch, a column a release, and what is left to look at."""

from __future__ import annotations

from collections import Counter

from freebsd_port.engine.core.review.facts import PatchFacts
from freebsd_port.engine.core.review.flags import (
    FLAGS,
    LEGEND,
    count_facts,
    describe_placement,
    patch_flags,
)
from freebsd_port.engine.core.review.site.markup import Html, element, page_path
from freebsd_port.engine.core.review.site.page import Frame, filter_bar, render_page

_NOT_MEASURED = element("td", "\N{EN DASH}", class_="count zero", title="not measured")


def render_overview(frame: Frame) -> bytes:
    """Give the overview page."""
    facts = frame.facts
    counts = Counter(flag for patch in facts.patches for flag in patch_flags(patch))
    main = (
        element("h1", "Patches on ", facts.release),
        _summary(frame),
        _unsaved_notes() if frame.can_decide else None,
        filter_bar(frame, {flag: counts[flag] for flag in FLAGS}, "patches"),
        element("p", "No patch matches the filter.", class_="none", hidden=True),
        element(
            "div",
            _table(frame),
            class_="scroll",
            role="region",
            tabindex="0",
            aria_label="Patches and releases",
        ),
        _legend(),
    )
    title = f"Review of {facts.release}, {len(facts.patches)} patches"
    present = [part for part in main if part is not None]
    return render_page(frame, title, present, root="", kind="overview")


def _unsaved_notes() -> Html:
    """Give the place where the script lists the notes that were typed and not saved."""
    return element(
        "section",
        element("h2", "Notes that are not saved", id="unsaved-title"),
        element("ul"),
        id="unsaved",
        aria_labelledby="unsaved-title",
        hidden=True,
    )


def _summary(frame: Frame) -> Html:
    counts = count_facts(frame.facts.patches)
    decided = counts.hunks - counts.unreviewed - counts.requested
    measured = counts.hunks - counts.unmeasured
    uncovered = str(counts.uncovered) if measured or not counts.hunks else "not measured"
    if 0 < measured < counts.hunks:
        uncovered += f" of {measured} measured"
    facts = (
        ("Patches", str(counts.patches), ""),
        ("Hunks", str(counts.hunks), ""),
        ("Approved hunks", str(decided), "good" if decided else ""),
        ("Unreviewed hunks", str(counts.unreviewed), "warn" if counts.unreviewed else "good"),
        ("Hunks to change", str(counts.requested), "bad" if counts.requested else ""),
        ("Findings", str(counts.findings), "warn" if counts.findings else ""),
        ("Uncovered hunks", uncovered, "warn" if counts.uncovered else ""),
    )
    return element(
        "dl",
        *(
            element("div", element("dt", name), element("dd", value), class_=look or None)
            for name, value, look in facts
        ),
        class_="summary",
    )


def _table(frame: Frame) -> Html:
    releases = frame.facts.releases
    of_hunks = ("All", "Unreviewed", "To change", "Uncovered")
    groups = element(
        "tr",
        element("th", "Patch", scope="col", rowspan="2"),
        element("th", "Hunks", scope="colgroup", class_="of-hunks", colspan=len(of_hunks)),
        element("th", "Findings", scope="col", class_="count", rowspan="2"),
        element("th", "Placement on each release", scope="colgroup", colspan=len(releases)),
    )
    head = element(
        "tr",
        *(element("th", name, scope="col", class_="count") for name in of_hunks),
        *(
            element("th", one, scope="col", class_="shown" if one == frame.facts.release else None)
            for one in releases
        ),
    )
    return element(
        "table",
        element(
            "caption",
            "The hunks and findings of each patch, and its placement on each release",
            class_="aside",
        ),
        element("thead", groups, head),
        element("tbody", *(_row(patch, frame) for patch in frame.facts.patches)),
        class_="grid",
    )


def _row(patch: PatchFacts, frame: Frame) -> Html:
    counts = count_facts((patch,))
    flags = sorted(patch_flags(patch))
    distribution, slash, what = patch.name.rpartition("/")
    is_measured = counts.unmeasured < counts.hunks or not counts.hunks
    cells = []
    for release in frame.facts.releases:
        state, words = describe_placement(patch, release, shown=frame.facts.release)
        cells.append(element("td", words, class_=f"placement {state}"))
    name = element(
        "a",
        element("span", distribution + slash, class_="group"),
        what.removesuffix(".patch"),
        href=page_path(patch.name),
    )
    subject = patch.header.field("Subject") or ""
    return element(
        "tr",
        element("th", name, element("span", subject, class_="subject"), scope="row"),
        _count(counts.hunks, ""),
        _count(counts.unreviewed, "warn"),
        _count(counts.requested, "bad"),
        _count(counts.uncovered, "warn") if is_measured else _NOT_MEASURED,
        _count(counts.findings, "warn"),
        *cells,
        data_flags=" ".join(flags),
    )


def _count(number: int, look: str) -> Html:
    kind = f"count {look}".strip() if number else "count zero"
    return element("td", str(number), class_=kind)


def _legend() -> Html:
    rows = [
        element("div", element("dt", word), element("dd", text)) for word, text in LEGEND.items()
    ]
    return element("dl", *rows, class_="legend")
