"""The page of one patch: why it is there, then its hunks, file by file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

from freebsd_port.engine.core.review.facts import HunkFacts, PatchFacts
from freebsd_port.engine.core.review.flags import FLAGS, UNREVIEWED, hunk_flags
from freebsd_port.engine.core.review.site.diff import render_finding
from freebsd_port.engine.core.review.site.hunk import decide_form, render_hunk
from freebsd_port.engine.core.review.site.markup import (
    Html,
    element,
    file_path,
    join,
    page_path,
    plain,
)
from freebsd_port.engine.core.review.site.page import Frame, filter_bar, paragraphs, render_page
from freebsd_port.engine.core.source.scope import is_text

ROOT = "../"


def render_patch_page(frame: Frame, index: int, versions: Mapping[str, int]) -> bytes:
    """Give the page of the patch at this 0-based place of the series.

    `versions` says for each of its files which version the patch begins with; one that is not
    there cannot be unfolded.
    """
    patch = frame.facts.patches[index]
    page = page_path(patch.name)
    counts = Counter(flag for hunk in patch.hunks for flag in hunk_flags(hunk))
    flags = {flag: counts[flag] for flag in FLAGS}
    subject = patch.header.field("Subject") or patch.name
    main = (
        _intro(frame, patch, index, subject, page),
        element("h2", "Hunks", class_="aside"),
        filter_bar(frame, flags, "hunks") if len(patch.hunks) > 1 else None,
        element("p", "No hunk of this patch matches the filter.", class_="none", hidden=True),
        *_files(frame, patch, page, versions),
        _turn_pages(frame, index, "Patches before and after", "turn"),
    )
    return render_page(
        frame,
        f"{subject} · {plain(patch.name)}",
        [part for part in main if part is not None],
        root=ROOT,
        kind="patch",
        tools=_turn_pages(frame, index, "Neighbours", "turn short"),
        data_page=page,
    )


def _turn_pages(frame: Frame, index: int, label: str, look: str) -> Html:
    patches = frame.facts.patches
    links = []
    for step, rel, words in ((-1, "prev", "Previous"), (1, "next", "Next")):
        if 0 <= index + step < len(patches):
            name = patches[index + step].name
            shown = words if "short" in look else f"{words}: {name}"
            links.append(element("a", shown, href=ROOT + page_path(name), rel=rel, title=name))
    return element("nav", *links, class_=look, aria_label=label)


def _intro(frame: Frame, patch: PatchFacts, index: int, subject: str, page: str) -> Html:
    fields = [
        element("div", element("dt", name), element("dd", value))
        for name, value in patch.header.fields
        if name != "Subject"
    ]
    fields.append(element("div", element("dt", "Upstream"), element("dd", patch.upstream)))
    findings = [render_finding(one, "li") for one in patch.findings]
    place = f"{index + 1} of {len(frame.facts.patches)} · "
    unreviewed = tuple(hunk.id for hunk in patch.hunks if UNREVIEWED in hunk_flags(hunk))
    decide = None
    if frame.can_decide and len(patch.hunks) > 1:
        many = element("span", str(len(unreviewed)), data_live=frame.live("unreviewed"))
        decide = element(
            "details",
            element("summary", "Decide all ", many, " unreviewed hunks at once"),
            decide_form(frame, page, unreviewed),
            class_="decide-all",
            hidden=len(unreviewed) < 2,
        )
    return element(
        "div",
        element("p", place, element("code", f"patches/{patch.file}"), class_="place"),
        element("h1", subject),
        element("p", f"This patch is not applied on {frame.facts.release}.")
        if patch.is_off
        else None,
        element("div", paragraphs(patch.header.prose), element("dl", *fields), class_="why"),
        element("ul", *findings, class_="findings") if findings else None,
        _contents(frame, patch.hunks) if len(patch.hunks) > 1 else None,
        decide,
        class_="intro",
    )


def _contents(frame: Frame, hunks: Sequence[HunkFacts]) -> Html:
    items = []
    for path, group in groupby(hunks, lambda hunk: hunk.path):
        links = join(
            (
                element(
                    "a",
                    hunk.scope or f"hunk {hunk.number}",
                    href=f"#hunk-{hunk.id}",
                    class_="seen" if hunk.decision else None,
                )
                for hunk in group
            ),
            ", ",
        )
        items.append(element("li", element("code", path), " ", links))
    return element(
        "nav",
        element("ul", *items),
        class_="contents",
        aria_label="Hunks",
        data_live=frame.live("contents"),
    )


def _files(frame: Frame, patch: PatchFacts, page: str, versions: Mapping[str, int]) -> list[Html]:
    before = {file.path: file.before for file in patch.files}
    found = []
    for path, group in groupby(patch.hunks, lambda hunk: hunk.path):
        hunks = list(group)
        lines = before.get(path) or ()
        is_python = path.endswith(".py")
        grown, sections = 0, []
        for hunk in hunks:
            start = hunk.line if hunk.line is not None else hunk.hunk.old_start
            in_text = is_python and is_text(lines, start - 1)
            sections.append(
                render_hunk(frame, hunk, page, new_line=start + grown, starts_in_text=in_text)
            )
            grown += len(hunk.hunk.new) - len(hunk.hunk.old)
        is_known = path in versions
        found.append(
            element(
                "div",
                element("h2", element("code", path), class_="path"),
                *sections,
                class_="file",
                data_file=file_path(path) if is_known else None,
                data_version=versions[path] if is_known else None,
                data_python=is_python,
            )
        )
    return found
