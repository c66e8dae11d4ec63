"""Patches on their way out: a mailbox for `git am`, and the files of a FreeBSD port."""

from __future__ import annotations

import re
from binascii import b2a_qp
from email.header import Header as EncodedHeader
from email.utils import format_datetime

from freebsd_port.engine.core.exchange.contribution import (
    SIGNATURE,
    Contribution,
    from_mail,
    to_mail,
    with_whole_header,
)
from freebsd_port.engine.core.exchange.file_diff import find_splices
from freebsd_port.engine.core.exchange.mailbox import Mail, read_mails
from freebsd_port.engine.core.patch.render import render_hunks
from freebsd_port.engine.core.text.file import FileState, PathError, split_lines

_PORTS_NAME = re.compile(r"[-+._a-zA-Z0-9]+")
_LOOKS_LIKE_A_POSTMARK = re.compile(rb"^From (?=.*\d:\d\d)", re.MULTILINE)
_SPECIAL = re.compile(r'["()<>\[\]:;@\\,.]')


def render_mail(name: str, header: bytes, diffs: bytes, number: int, total: int) -> bytes:
    """Give one message of which `git am` makes a commit, and an import the same patch again.

    `diffs` are in `-p1` form. A message that git made of the commit can be imported again with
    all fields. Source: git-format-patch(1).
    """
    mail = to_mail(name, header, diffs)
    data = _render(mail, number, total)
    if [from_mail(one) for one in read_mails(data)] == [Contribution(name, header + diffs)]:
        return data
    return _render(with_whole_header(mail, header), number, total)


def _render(mail: Mail, number: int, total: int) -> bytes:
    body = b"%s\n---\n%s%s%s\n" % (mail.message, mail.notes, mail.diff, SIGNATURE)
    encoding = "8bit"
    if b"\r" in body or _LOOKS_LIKE_A_POSTMARK.search(body):
        body, encoding = _quote_printable(body), "quoted-printable"
    count = f" {number}/{total}" if total > 1 else ""
    lines = (
        f"From {'0' * 40} Mon Sep 17 00:00:00 2001",
        f"From: {_encode_author(mail.author)}",
        f"Date: {format_datetime(mail.when) if mail.when else ''}",
        f"Subject: [PATCH{count}] {_encode(mail.subject)}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=UTF-8",
        f"Content-Transfer-Encoding: {encoding}",
        "\n",
    )
    return "\n".join(lines).encode() + body


def _quote_printable(body: bytes) -> bytes:
    """Encode what a mailbox cannot carry: git takes a CR for the mail's, and splits at `From `."""
    lines = (b2a_qp(line, istext=False) for line in body.split(b"\n"))
    return _LOOKS_LIKE_A_POSTMARK.sub(b"=46rom ", b"\n".join(lines))


def _encode_author(author: str) -> str:
    name, bracket, address = author.rpartition(" <")
    if not _is_plain(name):
        return f"{_encode(name)}{bracket}{address}"
    if _SPECIAL.search(name):
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{name}{bracket}{address}"


def _encode(text: str) -> str:
    return text if _is_plain(text) else EncodedHeader(text, "utf-8", 998).encode()


def _is_plain(text: str) -> bool:
    """Tell whether a header can have the text as it is."""
    return text.isascii() and text.isprintable() and "=?" not in text


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
