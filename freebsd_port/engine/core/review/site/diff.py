"""The table of a hunk's lines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape
from itertools import pairwise

from freebsd_port.engine.core.review.facts import Remark
from freebsd_port.engine.core.review.lines import HunkLine
from freebsd_port.engine.core.review.site.markup import Html, element, join, show

_MARKS = {"kept": "", "removed": "\N{MINUS SIGN}", "added": "+"}
_LOOKS = {"kept": "k", "removed": "r", "added": "a"}
_LONGEST = 2000
"""Characters of a line that are shown; no screen holds more, and one line may have megabytes."""

_HEAD = Html(
    '<colgroup><col class="n"><col class="n"><col class="m"><col class="c"></colgroup>'
    '<thead class="aside"><tr><th scope="col">Line before</th><th scope="col">Line after</th>'
    '<th scope="col">Change</th><th scope="col">Code</th></tr></thead>'
)


def render_diff(
    lines: Sequence[HunkLine],
    label: str,
    *,
    missed: Iterable[str],
    findings: Sequence[Remark],
    other: Collection[int] = (),
) -> Html:
    """Give the lines as a table, each finding below its line; those of other lines come first.

    `other` are lines of the patch file that are to be marked as different.
    """
    unrun = frozenset(missed)
    at = {line.patch_line for line in lines}
    rows = [_finding_row(one) for one in findings if one.line not in at]
    for line in lines:
        is_unrun = line.change == "added" and line.text.strip() in unrun
        rows.append(_row(line, is_unrun=is_unrun, is_other=line.patch_line in other))
        rows += [_finding_row(one) for one in findings if one.line == line.patch_line]
    return element(
        "table",
        element("caption", label, class_="aside"),
        _HEAD,
        element("tbody", join(rows, "\n")),
        class_="diff",
    )


def _row(line: HunkLine, *, is_unrun: bool, is_other: bool) -> Html:
    code = _code(line)
    if len(line.text) > _LONGEST:
        more = len(line.text) - _LONGEST
        code += f' <span class="cut">{more:,} more characters are not shown</span>'
    if not line.has_newline:
        code += ' <span class="cut">no newline at the end of the file</span>'
    if is_other:
        code += ' <span class="aside">differs</span>'
    if is_unrun:
        code += ' <span class="unrun">no check ran this line</span>'
    look = f"{_LOOKS[line.change]} other" if is_other else _LOOKS[line.change]
    old, new = line.old_line or "", line.new_line or ""
    return Html(
        f'<tr class="{look}"><td class="n">{old}</td><td class="n">{new}</td>'
        f'<td class="m">{_MARKS[line.change]}</td><td class="c">{code}</td></tr>'
    )


def _code(line: HunkLine) -> str:
    """Cut the text where a kind or a marked word begins or ends, and wrap each piece."""
    text = line.text[:_LONGEST]
    if not line.kinds and not line.words:
        return show(text)
    kinds, words = list(line.kinds), list(line.words)
    ends = [end for start, stop, _ in kinds for end in (start, stop)]
    ends += [end for word in words for end in word]
    cuts = sorted({0, len(text), *(min(end, len(text)) for end in ends)})
    parts: list[str] = []
    for start, stop in pairwise(cuts):
        while kinds and kinds[0][1] <= start:
            kinds.pop(0)
        while words and words[0][1] <= start:
            words.pop(0)
        piece = show(text[start:stop])
        if kinds and kinds[0][0] <= start:
            piece = Html(f'<span class="{escape(kinds[0][2])}">{piece}</span>')
        if words and words[0][0] <= start:
            piece = Html(f"<mark>{piece}</mark>")
        parts.append(piece)
    return "".join(parts).replace("</mark><mark>", "")


def _finding_row(finding: Remark) -> Html:
    return element(
        "tr", element("td", render_finding(finding, "div"), colspan="4"), class_="remark"
    )


def render_finding(finding: Remark, name: str) -> Html:
    """Give a finding as an element of that name."""
    return element(
        name,
        element("strong", finding.level),
        " ",
        element("span", finding.message),
        " ",
        element("code", finding.rule),
        class_=f"finding {finding.level}",
    )
