"""Reading contributions: mailboxes and mails as `git am` takes them, and downloads of patches.

How a mail becomes a patch of a series is `contribution`; writing a mailbox is `mail_out`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header
from email.message import EmailMessage
from email.policy import default as modern
from email.utils import parsedate_to_datetime

from freebsd_port.engine.core.patch.patch import split_patch
from freebsd_port.engine.core.text.file import split_lines
from freebsd_port.errors import PortError

_POSTMARK = re.compile(
    rb"^From (?P<sender>\S*).*\d.\d\d:\d\d[ \t]*\+?(?P<year>\d+)[^:\n]*\n", re.MULTILINE
)
_COMMIT = re.compile(rb"(?!0+$)[0-9a-f]{40}")
_HEAD = re.compile(rb"(?:[!-9;-~]+:.*\n(?:[ \t].*\n)*)+\r?\n")
_FOLD = re.compile(rb"\r?\n[ \t]")
_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]+={0,2}\s*")
_WORD = re.compile(rb"=\?[^?\s]+\?[bBqQ]\?.*?\?=")
_BETWEEN_WORDS = re.compile(rb"(?<=\?=)\s+(?==\?[^?\s]+\?[bBqQ]\?)")
_BLANKS = re.compile(r"[ \t\r\n]+")
_SUBJECT_MARKS = re.compile(r"(?:[ \t\r\n:]|\[[^\]]*\]|[Rr][Ee]:(?=.))+", re.DOTALL)
_ADDRESS = re.compile(r"<?([^ <]*@[^ >]*)>?")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ZONE = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")
_INNER_FIELD = re.compile(rb"(From|Subject|Date):", re.IGNORECASE)
_INNER_POSTMARK = re.compile(rb">From [0-9a-f]{40} Mon Sep 17 00:00:00 2001\n")
_BREAK = re.compile(rb"diff -|Index: |--- [^\s]|---\s*$")
_DIFF = re.compile(rb"^(?:diff --git |--- .*\n\+\+\+ .*\n@@ -)", re.MULTILINE)
_PERFORATION = re.compile(rb"(?:-|>8|8<|>%|%<)(?:\s|-|>8|8<|>%|%<)*")
_SCISSORS = re.compile(rb">8|8<|>%|%<")
_BLANK_LINES = re.compile(rb"\n{3,}")


class ContributionError(PortError):
    """A file that holds no patch, or a mail whose text cannot be read."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One message that carries a patch."""

    subject: str
    """Decoded, on one line, without `Re:` and what stands in brackets before it."""

    author: str
    """Name and address, `Jo Porter <jo@example.com>`; empty when the mail does not say."""

    when: datetime | None
    """The date of the message with its zone, or None when it has none that can be read."""

    commit: str | None
    """The commit that git made it from, None when unknown."""

    message: bytes
    """The commit message below its subject, in UTF-8, as git cleans it up."""

    diff: bytes
    """The diffs in the bytes of their files; a signature may follow."""

    notes: bytes = b""
    """What stands between the message and the diffs, such as statistics."""


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


def read_mails(data: bytes, *, has_scissors: bool = False) -> tuple[Mail, ...]:
    """Read every message of a mailbox, git's or a mail program's, or a single mail.

    There is none in a plain diff. Messages without a diff, such as a cover letter, are left out.
    With `has_scissors` a line of scissors takes away all of the message above it. Raises
    ContributionError for a text that is not in the charset that it names.

    Source: git-am(1), git-mailsplit(1), git-mailinfo(1).
    """
    data = data.lstrip()
    marks = [mark for mark in _POSTMARK.finditer(data) if int(mark["year"]) > 90]
    if marks and marks[0].start() == 0:
        ends = [mark.start() for mark in marks[1:]] + [len(data)]
        parts = [
            (data[mark.end() : end], mark["sender"]) for mark, end in zip(marks, ends, strict=True)
        ]
    elif _has_mail_header(data):
        parts = [(data, b"")]
    else:
        return ()
    mails = [_read_mail(text, sender, has_scissors=has_scissors) for text, sender in parts]
    return tuple(mail for mail in mails if mail.diff)


def _has_mail_header(data: bytes) -> bool:
    head = _HEAD.match(data)
    names = {line.partition(b":")[0].lower() for line in head[0].splitlines()} if head else set()
    return {b"from", b"subject", b"date"} <= names


def _read_mail(data: bytes, sender: bytes, *, has_scissors: bool) -> Mail:
    """Read a message; `sender` is what its postmark says, from git the commit."""
    data = data.lstrip(b"\r\n")
    if data.partition(b"\n")[0].endswith(b"\r"):
        data = data.replace(b"\r\n", b"\n")  # the mail's line ends, not those of its files
    mail = message_from_bytes(data, policy=modern)
    outer = {
        name.lower(): _FOLD.sub(b" ", _as_bytes(value)).strip() for name, value in mail.raw_items()
    }
    inner, message, rest = _split_body(_body_lines(mail), has_scissors=has_scissors)
    fields = {name: decode_words(value) for name, value in (outer | inner).items()}
    subject = clean_subject(fields.get("subject", ""))
    message = clean_message(message)
    if not subject:
        first, _, message = message.partition(b"\n")
        subject, message = as_text(first), message.strip(b"\n")
    start = _DIFF.search(rest)
    diff = rest[start.start() :] if start else split_patch(rest)[1]
    return Mail(
        subject,
        read_author(fields.get("from", "")),
        read_date(fields.get("date", "")),
        sender.decode() if _COMMIT.fullmatch(sender) else None,
        message,
        diff,
        rest[: len(rest) - len(diff)],
    )


def _as_bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def as_text(data: bytes) -> str:
    """Decode UTF-8; a byte that is none counts as Latin-1, as in git's commits."""
    text = data.decode("utf-8", "surrogateescape")
    return "".join(chr(ord(c) - 0xDC00) if "\udc80" <= c <= "\udcff" else c for c in text)


def decode_words(value: bytes) -> str:
    """Decode the encoded words of a header. Source: RFC 2047."""
    joined = _BETWEEN_WORDS.sub(b"", value)
    return as_text(_WORD.sub(lambda word: _decode_word(word[0]), joined))


def _decode_word(word: bytes) -> bytes:
    with contextlib.suppress(ValueError):  # not base64 at all: it stays as it is
        ((data, charset),) = decode_header(word.decode("latin-1"))
        return _transcode(data, charset or "") if isinstance(data, bytes) else word
    return word


def _transcode(data: bytes, charset: str) -> bytes:
    """Turn a text into UTF-8; one without a charset, or in UTF-8 already, stays as it is."""
    if charset.lower() in ("", "utf-8", "utf8"):
        return data
    try:
        return data.decode(charset).encode()
    except (LookupError, ValueError) as error:
        raise ContributionError(
            f"a text of the mail is not in the charset that it names: {charset}",
            hint="save the patch without the mail, and import that",
        ) from error


def clean_subject(text: str) -> str:
    """Take off what mail puts before a subject, and give it on one line."""
    marks = _SUBJECT_MARKS.match(text)
    return one_line(text[marks.end() if marks else 0 :])


def one_line(text: str) -> str:
    """Join runs of blanks and line ends to one blank, and take off those at both ends."""
    return _BLANKS.sub(" ", text).strip(" ")


def read_author(text: str) -> str:
    """Give `name <address>`, however a From field has them; empty when there is no address.

    A name that no commit can have, for its length or characters, gives way to the address.
    """
    text = one_line(text)
    plain = _QUOTED.sub(lambda quoted: re.sub(r"\\(.)", r"\1", quoted[1]), text)
    if found := _ADDRESS.search(plain):
        address = found[1]
        name = one_line(plain[: found.start()] + plain[found.end() :])
        if name.startswith("(") and name.endswith(")"):
            name = name[1:-1]
    elif found := re.search(r"<([^>]*)>", text):
        name, address = text[: found.start()].strip(), found[1]
    else:
        return ""
    if not name or len(name.encode("utf-8", "surrogateescape")) > 60 or set("@<>") & set(name):
        name = address
    return f"{name} <{address}>" if name else ""


def read_date(text: str) -> datetime | None:
    """Read a date as mails have it, in ISO form, or in seconds; without a zone it is UTC."""
    text = one_line(text)
    readers = (
        parsedate_to_datetime,
        lambda text: datetime.fromisoformat(_ZONE.sub("", text)),
        _read_seconds,
    )
    for read in readers:
        with contextlib.suppress(ValueError, TypeError, IndexError, OverflowError):
            when = read(text)
            return when if when.tzinfo else when.replace(tzinfo=UTC)
    return None


def _read_seconds(text: str) -> datetime:
    seconds, _, zone = text.removeprefix("@").partition(" ")
    when = datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(seconds))
    return when.astimezone(datetime.strptime(zone or "+0000", "%z").tzinfo)


def _body_lines(mail: EmailMessage) -> Iterator[tuple[bytes, str]]:
    """Give the decoded lines of all parts that are text, each with the charset of its part."""
    for part in mail.walk():
        if part.is_multipart() or not _is_text(part):
            continue
        data = part.get_payload(decode=True)
        if not isinstance(data, bytes):
            continue
        is_whole = part is mail and data.endswith(b"\n")
        lines = split_lines(data if is_whole else data + b"\n")  # the one before the next part
        if str(part.get_param("format", "")).lower() == "flowed":
            lines = _unflow(lines, cuts=str(part.get_param("delsp", "")).lower() == "yes")
        charset = part.get_content_charset("") if "content-type" in part else ""
        for line in lines:
            yield line, charset


def _is_text(part: EmailMessage) -> bool:
    """Tell whether a patch may be in it: not in a page, a signature or a picture."""
    kind = part.get_content_type()
    return kind != "text/html" and not kind.startswith(
        ("image/", "audio/", "video/", "application/pgp-", "application/pkcs7-")
    )


def _unflow(lines: Iterable[bytes], *, cuts: bool) -> list[bytes]:
    """Join flowed lines; `cuts` drops the blank at which they join. Source: RFC 3676."""
    joined, held = [], b""
    for line in lines:
        text = line.removesuffix(b"\n").removesuffix(b"\r")
        if text == b"-- ":  # the sign before a signature, never flowed
            joined += [held + b"\n", line] if held else [line]
            held = b""
            continue
        text = text.removeprefix(b" ")
        if text.endswith(b" "):
            held += text[:-1] if cuts else text
        else:
            joined.append(held + text + b"\n")
            held = b""
    return [*joined, held + b"\n"] if held else joined


def _split_body(
    lines: Iterable[tuple[bytes, str]], *, has_scissors: bool
) -> tuple[dict[str, bytes], bytes, bytes]:
    """Split into the fields that the body begins with, the message, and what follows it.

    The message ends where git ends it: at a line of three dashes, or where a diff begins.
    """
    inner = _InnerFields()
    message: list[bytes] = []
    rest = iter(lines)
    for line, charset in rest:
        if has_scissors and _is_scissors(line):
            inner, message = _InnerFields(), []
        elif not inner.take(line):
            text = _transcode(line, charset)
            if _BREAK.match(text):
                kept = line if line[3:].strip() else b""
                return inner.found, b"".join(message), kept + b"".join(each for each, _ in rest)
            message.append(text)
    return inner.found, b"".join(message), b""


class _InnerFields:
    """The From, Subject and Date with which a body may begin; they go before the mail's own."""

    def __init__(self) -> None:
        self.found: dict[str, bytes] = {}
        self._name = ""
        self._is_over = False

    def take(self, line: bytes) -> bool:
        """Take in a line; False when it is the message's, as all that follow are."""
        if self._is_over:
            return False
        if not line.strip(b"\r\n"):
            self._is_over = self._name != ""
            return True
        if self._name and line.startswith((b" ", b"\t")):
            self.found[self._name] += b" " + line.strip()
            return True
        self._name = ""
        if _INNER_POSTMARK.fullmatch(line):
            return True
        if line.startswith((b"[PATCH] ", b"[PATCH]\t")):
            self.found["subject"] = line.strip()
            return True
        field = _INNER_FIELD.match(line)
        name = field[1].decode().lower() if field else ""
        if field is None or name in self.found:
            self._is_over = True
            return False
        self.found[name], self._name = line[field.end() :].strip(), name
        return True


def _is_scissors(line: bytes) -> bool:
    """Tell whether the line is mostly a perforation with scissors, 8 characters at least."""
    width = len(line.strip())
    if width < 8 or not _SCISSORS.search(line):
        return False
    cuts = [found[0] for found in _PERFORATION.finditer(line)]
    long, gaps = sum(map(len, cuts)), sum(len(cut) - len(b"".join(cut.split())) for cut in cuts)
    return width < 3 * long and 2 * gaps < long


def clean_message(message: bytes) -> bytes:
    """Take off blanks at the ends of lines and of the text, and join blank lines, as git does."""
    lines = b"\n".join(line.rstrip(b" \t\r") for line in message.split(b"\n"))
    text = as_text(_BLANK_LINES.sub(b"\n\n", lines).strip(b"\n"))
    return text.encode()
