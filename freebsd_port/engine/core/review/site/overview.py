"""The overview: a row a patch, a column a release, and what is left to look at."""

from __future__ import annotations

from collections import Counter

from freebsd_port.engine.core.review.facts import PatchFacts
from freebsd_port.engine.core.review.flags import (
    FLAGS,
    count_facts,
    describe_placement,
    patch_flags,
)
from freebsd_port.engine.core.review.site.markup import Html, element, page_path, plain
from freebsd_port.engine.core.review.site.page import Frame, filter_bar, render_page

_NOT_MEASURED = element("td", "\N{EN DASH}", class_="count zero", title="not measured")


def render_overview(frame: Frame) -> bytes:
    """Give the overview page."""
    facts = frame.facts
    counts = Counter(flag for patch in facts.patches for flag in patch_flags(patch))
    main = (
        element("h1", "Patches on ", facts.release),
        _summary(frame),
        filter_bar(frame, {flag: counts[flag] for flag in FLAGS}, "patches"),
        element("p", "No patch is left by the filter.", class_="none", hidden=True),
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
    return render_page(frame, title, main, root="", kind="overview")


def _summary(frame: Frame) -> Html:
    counts = count_facts(frame.facts.patches)
    decided = counts.hunks - counts.unreviewed - counts.requested
    uncovered = "not measured" if counts.unmeasured == counts.hunks else str(counts.uncovered)
    facts = (
        ("Patches", str(counts.patches), ""),
        ("Hunks", str(counts.hunks), ""),
        ("Approved", str(decided), "good" if decided else ""),
        ("Unreviewed", str(counts.unreviewed), "warn" if counts.unreviewed else "good"),
        ("To change", str(counts.requested), "bad" if counts.requested else ""),
        ("Findings", str(counts.findings), "warn" if counts.findings else ""),
        ("Uncovered", uncovered, "warn" if counts.uncovered else ""),
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
    head = element(
        "tr",
        element("th", "Patch", scope="col"),
        *(
            element("th", name, scope="col", class_="count")
            for name in ("Hunks", "Unreviewed", "To change", "Uncovered", "Findings")
        ),
        *(
            element("th", one, scope="col", class_="shown" if one == frame.facts.release else None)
            for one in releases
        ),
    )
    return element(
        "table",
        element(
            "caption",
            "How each patch lies on each release, and what is left to look at",
            class_="aside",
        ),
        element("thead", head),
        element("tbody", *(_row(patch, releases) for patch in frame.facts.patches)),
        class_="grid",
    )


def _row(patch: PatchFacts, releases: tuple[str, ...]) -> Html:
    counts = count_facts((patch,))
    flags = sorted(patch_flags(patch))
    distribution, slash, what = patch.name.rpartition("/")
    is_measured = counts.unmeasured < counts.hunks or not counts.hunks
    cells = []
    for release in releases:
        state, words = describe_placement(patch, release)
        cells.append(element("td", words, class_=f"lands {state}"))
    searched = " ".join(
        dict.fromkeys(
            word.lower()
            for word in (
                *(part for hunk in patch.hunks for part in (hunk.path, hunk.scope or "")),
                *(hunk.id for hunk in patch.hunks),
            )
            if word
        )
    )
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
        data_text=plain(searched),
    )


def _count(number: int, look: str) -> Html:
    kind = f"count {look}".strip() if number else "count zero"
    return element("td", str(number), class_=kind)


def _legend() -> Html:
    words = (
        ("exact", "every hunk at its line"),
        ("offset", "some elsewhere"),
        ("own text", "the release takes another text"),
        ("not needed", "that text has the hunk no more"),
        ("off", "the patch is off there"),
        ("miss", "a hunk fits nowhere"),
        ("?", "the wheels are not here"),
    )
    rows = [element("div", element("dt", word), element("dd", text)) for word, text in words]
    return element("dl", *rows, class_="legend")
