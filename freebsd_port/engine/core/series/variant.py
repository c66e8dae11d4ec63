"""Which file holds a patch's text for a release, and where a new text goes.

`<what>.patch` is for the newest release it was rebased to, `<what>@<release>.patch` for that
release and older ones, down to the next variant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from freebsd_port.engine.core.series.series import find_tags


def variant_name(name: str, release: str) -> str:
    """Give the variant's name for a release, such as `nova/a@2025.1.patch`."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}@{release}{dot}{suffix}"


def pick_file(
    name: str, release: str | None, order: Sequence[str], present: Collection[str]
) -> str:
    """Choose the file for a release: the nearest variant at or after it, else the patch itself.

    `order` holds all releases, oldest first.
    """
    if release in order and "." in name:
        for later in order[order.index(release) :]:
            if variant_name(name, later) in present:
                return variant_name(name, later)
    return name


def place_text(
    name: str,
    release: str,
    order: Sequence[str],
    carried: Collection[str],
    files: Mapping[str, bytes],
    text: bytes,
) -> dict[str, bytes]:
    """Give the files to write so that the release takes this text.

    `files` holds the patch and its variants as they are. Every other release in `carried` goes
    on taking the text that it takes now. Empty when the release takes this text already.
    """
    if files.get(pick_file(name, release, order, files)) == text:
        return {}
    others = [one for one in order if one in carried and one != release]
    before = {one: files[pick_file(name, one, order, files)] for one in others}
    is_newest = all(order.index(one) < order.index(release) for one in others)
    is_shared = is_newest and pick_file(name, release, order, files) == name
    written = {name if is_shared else variant_name(name, release): text}
    for one in reversed(others):
        after = {**files, **written}
        if after[pick_file(name, one, order, after)] != before[one]:
            written[variant_name(name, one)] = before[one]
    return written


def tag_series(data: bytes, name: str, release: str, reason: str) -> bytes:
    """Switch a patch off for a release, in its line's comment; other tags and text stay.

    One that is off there already stays as it is. The line must be there. Source of the tags:
    DESIGN, `# not 2025.1: reason`.
    """
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    for index, line in enumerate(lines):
        words, mark, comment = line.partition("#")
        if words.split()[:1] == [name]:
            end = "\r" if line.endswith("\r") else ""
            tail = _add_tag(comment.strip() if mark else "", release, " ".join(reason.split()))
            lines[index] = f"{words.rstrip()}   # {tail}{end}"
            break
    else:
        raise ValueError(f"{name} is not in the series")
    return "\n".join(lines).encode("utf-8", "surrogateescape")


_LIKE_TAGS = re.compile(r"[\w-]+\s+[\w.+-]+(\s*,\s*[\w-]+\s+[\w.+-]+)*")
"""A kind and a value, several of them with commas between: tags, whoever reads them."""


def _add_tag(comment: str, release: str, reason: str) -> str:
    """Give the comment with one tag more; tags stand before the first colon, reasons behind it."""
    old, colon, reasons = comment.partition(":")
    tags = find_tags(old)
    tag = f"not {release}"
    if ("not", release) in tags:
        return comment
    if not tags and not colon and not _LIKE_TAGS.fullmatch(old):
        return f"{tag}: {reason}; {old}" if old else f"{tag}: {reason}"
    told = [part for part in (reasons.strip(), reason) if part]
    return f"{old}, {tag}: {told[0] if reason in reasons else '; '.join(told)}"
