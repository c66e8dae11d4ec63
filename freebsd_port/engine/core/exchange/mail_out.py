"""Patches on their way out: a mailbox for `git am`, and the files of a FreeBSD port."""

from __future__ import annotations

import re
from binascii import b2a_qp
from collections.abc import Mapping, Sequence
from email.header import Header as EncodedHeader
from email.utils import format_datetime

from freebsd_port.engine.core.apply.place import Placement
from freebsd_port.engine.core.apply.plan import PatchOutcome
from freebsd_port.engine.core.exchange.contribution import (
    SIGNATURE,
    Contribution,
    from_mail,
    to_mail,
    with_whole_header,
)
from freebsd_port.engine.core.exchange.file_diff import find_splices, is_executable
from freebsd_port.engine.core.exchange.mailbox import Mail, read_mails
from freebsd_port.engine.core.patch.change import FileChange
from freebsd_port.engine.core.patch.hunk import Hunk
from freebsd_port.engine.core.patch.patch import Patch
from freebsd_port.engine.core.patch.render import render_hunks
from freebsd_port.engine.core.text.file import FileState, PathError, split_lines

_PORTS_NAME = re.compile(r"[-+._a-zA-Z0-9]+")
_HUNK = re.compile(rb"@@ -\d+(?:,\d+)? \+\d+(?:,\d+)? @@")
_LOOKS_LIKE_A_POSTMARK = re.compile(rb"^From (?=.*\d:\d\d)", re.MULTILINE)
_SPECIAL = re.compile(r'["()<>\[\]:;@\\,.]')


def render_mail(name: str, header: bytes, diffs: bytes, number: int, total: int) -> bytes:
    """Give one message of which `git am` makes a commit, and an import the same patch again.

    `diffs` are in `-p1` form. A message that git made of the commit can be imported again with
    all fields. Source: git-format-patch(1).
    """
    mail = to_mail(name, header, diffs)
    data = render_message(mail, number, total)
    if [from_mail(one) for one in read_mails(data)] == [Contribution(name, header + diffs)]:
        return data
    return render_message(with_whole_header(mail, name, header), number, total)


def render_message(mail: Mail, number: int, total: int) -> bytes:
    """Give a mail as `git format-patch` writes one, the first of `total` as number 1."""
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
    if _SPECIAL.search(name) and "@" in address:  # git takes no quotes off without an address
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{name}{bracket}{address}"


def _encode(text: str) -> str:
    return text if _is_plain(text) else EncodedHeader(text, "utf-8", 998).encode()


def _is_plain(text: str) -> bool:
    """Tell whether a header can have the text as it is."""
    return text.isascii() and text.isprintable() and "=?" not in text


def is_git_form(
    patch: Patch,
    outcome: PatchOutcome,
    before: Mapping[str, FileState | None],
    after: Mapping[str, FileState | None],
) -> bool:
    """Tell whether git reads a patch as GNU patch does; git is the stricter of the two.

    It takes no fuzz, comments, indentation or CRs of the way, no names that differ, no context
    that got lost; and a hunk without context at an end fits at that end of its file only. Where
    hunks are displaced, the two look in another order, so each must have one place only. Lines put
    behind a last one without a newline are joined to it by git, unless the hunk has that one.
    `before` and `after` hold the files as the patch finds and leaves them.
    """
    placed = {hunk.line: hunk for hunk in outcome.hunks}
    last = {hunk.path: hunk.line for hunk in outcome.hunks}
    displaced = {
        hunk.path
        for hunk in outcome.hunks
        if isinstance(hunk.result, Placement) and hunk.result.offset
    }

    def fits(hunk: Hunk, *, is_whole: bool) -> bool:
        result, path = placed[hunk.line].result, placed[hunk.line].path
        if not isinstance(result, Placement) or result.fuzz or not _is_git_hunk(hunk):
            return False
        if path in displaced and not _is_unique(hunk.old, before.get(path)):
            return False
        file = after.get(path)
        stop = result.line + len(hunk.new) - 1
        is_last = last[path] == hunk.line and file and stop == len(split_lines(file.content))
        is_first = hunk.old_start > 1 or result.line == 1
        return is_whole or bool((hunk.trailing or (is_last and hunk.old)) and is_first)

    return all(
        _is_git_change(change)
        and all(fits(hunk, is_whole=2 in (change.creates, change.deletes)) for hunk in change.hunks)
        for change in patch.changes
    )


def _is_unique(lines: Sequence[bytes], file: FileState | None) -> bool:
    whole = split_lines(file.content) if file else []
    starts = range(len(whole) - len(lines) + 1)
    return sum(whole[at : at + len(lines)] == list(lines) for at in starts) == 1


def _is_git_change(change: FileChange) -> bool:
    lead = split_lines(change.preamble)
    if not change.hunks:
        return any(line.startswith(b"diff --git ") for line in lead)
    sides = [side for side in (change.old, change.new) if side and not side.is_absent]
    names = {(side.name or b"").partition(b"/")[2] for side in sides}
    return (
        (len(names) == 1 or change.is_rename or change.is_copy)
        and 1 not in (change.creates, change.deletes)
        and len(lead) > 1
        and lead[-2].startswith(b"--- ")
        and lead[-1].startswith(b"+++ ")
        and not lead[-1].endswith(b"\r\n")
    )


def _is_git_hunk(hunk: Hunk) -> bool:
    lines = [line for line in hunk.body if not line.startswith(b"\\")]
    counted = sum((line[:1] not in b"+\\") + (line[:1] not in b"-\\") for line in lines)
    return (
        _HUNK.match(hunk.header) is not None
        and all(line[:1] in b" +-\n" for line in lines)
        and counted == len(hunk.old) + len(hunk.new)
    )


def render_port_file(path: str, before: FileState | None, after: FileState | None) -> bytes:
    """Give the diff of one file as a port's `files/patch-*` has it, for `patch -p0 -E`.

    Raises PathError for what such a diff cannot say.
    Source: FreeBSD Porter's Handbook, "General Rules for Patching".
    """
    old = split_lines(before.content) if before else []
    new = split_lines(after.content) if after else []
    if after is not None and is_executable(after) and not (before and is_executable(before)):
        fault, cure = "becomes executable", f"${{CHMOD}} +x ${{WRKSRC}}/{path}"
    elif after is not None and before is not None and is_executable(before) > is_executable(after):
        fault, cure = "is executable no longer", f"${{CHMOD}} -x ${{WRKSRC}}/{path}"
    elif after is not None and not new:
        fault, cure = "becomes an empty file", f"${{CP}} /dev/null ${{WRKSRC}}/{path}"
    elif not new and not old:
        fault, cure = "is an empty file that goes away", f"${{RM}} ${{WRKSRC}}/{path}"
    else:
        old_name = f"{path}.orig" if before and after else path if before else "/dev/null"
        lead = f"--- {old_name}\n+++ {path if after else '/dev/null'}\n"
        hunks = render_hunks(old, find_splices(old, new))
        return lead.encode("utf-8", "surrogateescape") + hunks
    raise PathError(
        f"a port's patch cannot say that {path} {fault}",
        hint=f"leave the change out, and do it in the port's post-patch: {cure}",
    )


def port_file_name(path: str) -> str:
    """Give `patch-` and the path with `_` doubled and `/` as `_`.

    Raises PathError for a character that ports do not have in such names.
    """
    name = path.replace("_", "__").replace("/", "_")
    if not _PORTS_NAME.fullmatch(name):
        raise PathError(
            f"no port can have a patch of {path!r}: its name has other characters",
            hint="the names of a port's patches have letters, digits, and + - . _ only",
        )
    return f"patch-{name}"
