"""Patches on their way out: a mailbox for `git am`, and the files of a FreeBSD port."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.header import Header as EncodedHeader
from email.utils import format_datetime

from freebsd_port.engine.core.exchange.contribution import NAME_FIELD
from freebsd_port.engine.core.exchange.file_diff import find_splices
from freebsd_port.engine.core.patch.header import parse_header
from freebsd_port.engine.core.patch.render import render_hunks
from freebsd_port.engine.core.text.file import FileState, PathError, split_lines

_NOBODY = "freebsd-port <freebsd-port@localhost>"
_FIELD = re.compile(rb"[A-Z][A-Za-z0-9-]*:[ \t]?")
_PORTS_NAME = re.compile(r"[-+._a-zA-Z0-9]+")


def render_mail(name: str, header: bytes, diffs: bytes, number: int, total: int) -> bytes:
    """Give one message that `git am` takes; the header's fields follow its prose.

    `diffs` are in `-p1` form. A message that git made of it can be imported again with all of
    them. Source: git-format-patch(1).
    """
    parsed = parse_header(header)
    subject = parsed.field("Subject") or parsed.field("Description") or name
    author = parsed.field("From") or parsed.field("Author") or _NOBODY
    count = f" {number}/{total}" if total > 1 else ""
    lines = (
        f"From {'0' * 40} Mon Sep 17 00:00:00 2001",
        f"From: {_encode(author)}",
        f"Date: {_date(parsed.field('Last-Update'))}",
        f"Subject: [PATCH{count}] {_encode(subject)}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Transfer-Encoding: 8bit",
        "\n",
    )
    fields, prose = _split_header(header)
    named = f"{NAME_FIELD}: {name}\n".encode("utf-8", "surrogateescape")
    text = b"\n".join(part for part in (prose and prose + b"\n", named + b"".join(fields)) if part)
    return "\n".join(lines).encode() + text + b"---\n" + diffs + b"-- \nfreebsd-port\n\n"


def render_port_file(path: str, before: FileState | None, after: FileState | None) -> bytes:
    """Give the diff of one file as a port's `files/patch-*` has it, for `patch -p0`.

    Source: FreeBSD Porter's Handbook, "General Rules for Patching".
    """
    old = split_lines(before.content) if before else []
    new = split_lines(after.content) if after else []
    old_name = f"{path}.orig" if before and after else path if before else "/dev/null"
    lead = f"--- {old_name}\n+++ {path if after else '/dev/null'}\n"
    return lead.encode("utf-8", "surrogateescape") + render_hunks(old, find_splices(old, new))


def port_file_name(path: str) -> str:
    """Give `patch-` and the path with `_` doubled and `/` as `_`.

    Raises PathError for a character that ports do not have in such names.
    """
    name = path.replace("_", "__").replace("/", "_")
    if not _PORTS_NAME.fullmatch(name):
        raise PathError(f"no port can have a patch of {path!r}: its name has other characters")
    return f"patch-{name}"


def _split_header(header: bytes) -> tuple[list[bytes], bytes]:
    """Give each field but the subject as written, folds included, and the prose below."""
    head, _, prose = header.partition(b"\n\n")
    fields: list[bytes] = []
    is_subject = False
    for line in split_lines(head.rstrip(b"\n") + b"\n"):
        if _FIELD.match(line):
            is_subject = line.lower().startswith(b"subject:")
            if not is_subject:
                fields.append(line)
        elif line.startswith((b" ", b"\t")) and fields and not is_subject:
            fields[-1] += line
        elif not is_subject and line.strip():
            return [], header.strip(b"\r\n")  # not fields but free text
    return fields, prose.strip(b"\r\n")


def _encode(text: str) -> str:
    if text.isascii():
        return text
    name, bracket, address = text.rpartition(" <")
    if bracket and address.isascii():
        return f"{EncodedHeader(name, 'utf-8', 998).encode()}{bracket}{address}"
    return EncodedHeader(text, "utf-8", 998).encode()


def _date(day: str | None) -> str:
    try:
        when = datetime.fromisoformat(day or "1970-01-01").replace(tzinfo=UTC)
    except ValueError:
        when = datetime(1970, 1, 1, tzinfo=UTC)
    return format_datetime(when)
