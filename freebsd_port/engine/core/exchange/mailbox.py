"""Reading contributions: git's mailboxes and mails, GitHub's and Gerrit's patch files, plain diffs.

How a mail becomes a patch of a series is `contribution`; writing a mailbox is `outgoing`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import quopri
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime

from freebsd_port.engine.core.patch.patch import split_patch
from freebsd_port.errors import PortError

_POSTMARK = re.compile(rb"^From (\S+) +[A-Z][a-z]{2} [A-Z][a-z]{2} .*\d\d:\d\d.*\n", re.MULTILINE)
_COMMIT = re.compile(rb"(?!0+$)[0-9a-f]{40}")
_MAIL = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]*:.*\n(?:[ \t].*\n)*)+\r?\n")
_TAGS = re.compile(r"^(?:\s*\[[^\]]*\])+\s*")
_BREAK = re.compile(rb"^(?:---[ \t]*\r?\n|(diff -|Index: |--- ))", re.MULTILINE)
_AUTHOR = re.compile(rb"From: (.+)\n\n+")
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]+={0,2}\s*")


class ContributionError(PortError):
    """A file that holds no patch."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One message that carries a patch."""

    subject: str
    """Decoded, on one line, without `[PATCH]`."""

    author: str
    day: str | None
    """ISO date of the message, or None where it has none that can be read."""

    commit: str | None
    """The commit that git made it from, None when unknown."""

    message: bytes
    """The commit message below its subject, stripped of blank lines around it."""

    diff: bytes
    """The diffs, without the statistics before them; a signature may follow."""


def decode_download(data: bytes) -> bytes:
    """Undo the base64 of Gerrit's downloads; other bytes come back as they are.

    Raises ContributionError for a web page or an archive, which is no patch.
    """
    start = data.lstrip()[:64].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<?xml")):
        raise ContributionError(
            "this is a web page, not a patch",
            hint="download the text of the patch: on GitHub add .patch to the address",
        )
    if data.startswith((b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
        raise ContributionError("this is an archive, not a patch", hint="unpack it first")
    if b" " not in data.strip() and len(data) > 40 and _BASE64.fullmatch(data):
        try:
            return base64.b64decode(data)
        except binascii.Error:
            return data
    return data


def read_mails(data: bytes) -> tuple[Mail, ...]:
    """Read every message of a mailbox, git's or a mail program's, or a single mail.

    There is none in a plain diff.
    Messages without a diff, such as a cover letter, are left out. Source: git-format-patch(1),
    git-mailinfo(1).
    """
    marks = list(_POSTMARK.finditer(data))
    if marks and not data[: marks[0].start()].strip():
        ends = [mark.start() for mark in marks[1:]] + [len(data)]
        mails = [
            _read_mail(data[mark.end() : end], mark[1])
            for mark, end in zip(marks, ends, strict=True)
        ]
        return tuple(mail for mail in mails if mail.diff)
    head = _MAIL.match(data)
    names = {line.partition(b":")[0].lower() for line in head[0].splitlines()} if head else set()
    if {b"from", b"subject", b"date"} <= names:
        mail = _read_mail(data, None)
        return (mail,) if mail.diff else ()
    return ()


def _read_mail(data: bytes, sender: bytes | None) -> Mail:
    """Read a message; `sender` is what its postmark says, from git the commit."""
    data = data.lstrip(b"\r\n")
    if data.partition(b"\n")[0].endswith(b"\r"):
        data = data.replace(b"\r\n", b"\n")  # the mail's line ends, not those of its files
    head, _, body = data.partition(b"\n\n")
    headers = message_from_bytes(head + b"\n\n")
    encoding = str(headers.get("Content-Transfer-Encoding", "")).lower()
    if encoding == "quoted-printable":
        body = quopri.decodestring(body)
    elif encoding == "base64":
        body = base64.b64decode(body)
    author = _text(headers, "From")
    if inner := _AUTHOR.match(body):
        author, body = inner[1].decode("utf-8", "replace"), body[inner.end() :]
    message, rest = _split_message(body)
    return Mail(
        _TAGS.sub("", _text(headers, "Subject")),
        author,
        _day(headers),
        sender.decode() if sender and _COMMIT.fullmatch(sender) else None,
        message.replace(b"\r\n", b"\n").strip(b"\n"),
        split_patch(rest)[1],
    )


def _split_message(body: bytes) -> tuple[bytes, bytes]:
    """Split where git does: at a line of three dashes, or else where a diff begins."""
    mark = _BREAK.search(body)
    if mark is None:
        return body, b""
    return body[: mark.start()], body[mark.start() if mark[1] else mark.end() :]


def _text(headers: Message, name: str) -> str:
    value = str(headers.get(name, ""))
    with contextlib.suppress(HeaderParseError, LookupError, UnicodeDecodeError):
        value = str(make_header(decode_header(value)))
    return " ".join(value.split())


def _day(headers: Message) -> str | None:
    try:
        return parsedate_to_datetime(str(headers.get("Date", ""))).date().isoformat()
    except (ValueError, TypeError):
        return None
