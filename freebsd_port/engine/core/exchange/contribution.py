"""A contribution as a patch of the series: DEP-3 fields, prose, and diffs as the house has them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from freebsd_port.engine.core.exchange.mailbox import Mail
from freebsd_port.engine.core.patch.change import FileChange
from freebsd_port.engine.core.patch.header import parse_header
from freebsd_port.engine.core.patch.hunk import render_hunk
from freebsd_port.engine.core.patch.patch import parse_patch, split_patch
from freebsd_port.engine.core.text.file import split_lines

NAME_FIELD = "Patch-Name"
"""The trailer with which a mailbox of ours says which patch a message is, and begins its fields."""

_FIELD = re.compile(rb"([A-Z][A-Za-z0-9-]*):[ \t]?.*\n")
_FORGE = re.compile(rb".*-by:|Change-Id:|\(cherry picked")
_CHANGE_ID = re.compile(rb"^Change-Id: I[0-9a-f]{40}$", re.MULTILINE)
_SLUG = re.compile(r"[^A-Za-z0-9._]+")


@dataclass(frozen=True, slots=True)
class Contribution:
    """A patch from elsewhere, in this house's form."""

    name: str | None
    """What it should be called; None when nothing says so. May lack its directory."""

    text: bytes


def from_mail(mail: Mail) -> Contribution:
    """Turn a mail into a patch; one that `export` wrote becomes the patch that it was."""
    fields, message = _take_fields(mail.message)
    name = None
    if fields:
        name = fields.pop(0).partition(b":")[2].strip().decode("utf-8", "surrogateescape")
    else:
        fields = _make_fields(mail)
    subject = f"Subject: {mail.subject}\n".encode("utf-8", "surrogateescape")
    header = subject + b"".join(fields) + b"\n"
    if message:
        header += _quote(message) + b"\n\n"
    return Contribution(name or f"{_slug(mail.subject)}.patch", header + plain_diffs(mail.diff))


def from_diff(data: bytes, subject: str, today: str) -> Contribution:
    """Give a plain diff, or a patch with a header of another kind, fields of its own."""
    header, body = split_patch(data)
    if parse_header(header).field("Subject") is None:
        prose = header.strip(b"\r\n")
        fields = f"Subject: {subject}\nOrigin: other\nForwarded: no\nLast-Update: {today}\n\n"
        header = fields.encode() + (prose + b"\n\n" if prose else b"")
    return Contribution(None, header + plain_diffs(body))


def plain_diffs(data: bytes) -> bytes:
    """Take off the diffs what only repeats itself or ages: blob names, time stamps, statistics.

    Modes, renames and files without lines keep git's header. What follows the last hunk goes.
    """
    parts: list[bytes] = []
    changes = parse_patch("the diff", data).changes
    # Beside a rename or copy the others stay git's: a diff that is not is applied at once.
    is_atomic = any(change.is_rename or change.is_copy for change in changes)
    for change in changes:
        lead, hunks = (
            _lead(change, keeps_git=is_atomic),
            [render_hunk(hunk) for hunk in change.hunks],
        )
        if lead and lead[-1].endswith(b"\r\n"):  # then the CRs came on the way
            lead, hunks = ([one.replace(b"\r\n", b"\n") for one in part] for part in (lead, hunks))
        parts += [*map(_plain_line, lead), *hunks]
    return b"".join(parts)


def _lead(change: FileChange, *, keeps_git: bool) -> list[bytes]:
    lines = split_lines(change.preamble)
    names = [line for line in lines if line.startswith((b"--- ", b"+++ "))][-2:]
    modes = [mode for mode in (change.old_mode, change.new_mode) if mode is not None]
    is_usual = len(set(modes)) < 2 and not (change.creates == 2 and 0o100755 in modes)
    says_more = keeps_git or change.is_binary or not is_usual
    if names and change.hunks and not says_more:
        return names
    starts = [index for index, line in enumerate(lines) if line.startswith(b"diff --git ")]
    kept = lines[starts[-1] :] if starts else lines
    return [line for line in kept if not line.startswith(b"index ")]


def _plain_line(line: bytes) -> bytes:
    if not line.startswith((b"--- ", b"+++ ")):
        return line
    name, tab, _ = line.rstrip(b"\r\n").partition(b"\t")
    return name + (tab if b" " in name[4:] else b"") + b"\n"


def _take_fields(message: bytes) -> tuple[list[bytes], bytes]:
    """Take the fields of ours out of a message: from the name on, to the end of its paragraph."""
    mark = re.search(rf"^{NAME_FIELD}: .*\n?".encode(), message + b"\n", re.MULTILINE)
    if mark is None:
        return [], message
    before, behind = message[: mark.start()], (message + b"\n")[mark.end() :]
    block, _, rest = behind.partition(b"\n\n")
    fields, others = [mark[0]], []
    for line in split_lines(block if block.endswith(b"\n") or not block else block + b"\n"):
        if line.startswith((b" ", b"\t")) and len(fields) > 1:
            fields[-1] += line
        elif _FIELD.match(line) and not _FORGE.match(line):
            fields.append(line)
        else:
            others.append(line)
    left = [part.strip(b"\n") for part in (before, b"".join(others), rest)]
    return fields, b"\n\n".join(part for part in left if part)


def _make_fields(mail: Mail) -> list[bytes]:
    origin = f"other, commit:{mail.commit}" if mail.commit else "other"
    forwarded = "yes" if _CHANGE_ID.search(mail.message) else "no"
    fields = [f"From: {mail.author}", f"Origin: {origin}", f"Forwarded: {forwarded}"]
    if mail.day:
        fields.append(f"Last-Update: {mail.day}")
    return [f"{field}\n".encode("utf-8", "surrogateescape") for field in fields]


def _quote(message: bytes) -> bytes:
    """Indent what would be read as the beginning of the diffs."""
    while body := split_patch(message)[1]:
        message = message[: len(message) - len(body)] + b" " + body
    return message


def _slug(subject: str) -> str:
    words = _SLUG.sub("-", subject).strip("-.").lower()
    return words[:60].rstrip("-.") or "patch"
