"""A patch of the series as a mail, and a contribution as a patch of the series.

What a mail is in bytes is `mailbox` for reading and `mail_out` for writing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from freebsd_port.engine.core.exchange.mailbox import (
    Mail,
    as_text,
    clean_message,
    clean_subject,
    decode_words,
    one_line,
    read_author,
    read_date,
    read_mails,
)
from freebsd_port.engine.core.patch.change import FileChange
from freebsd_port.engine.core.patch.header import parse_header
from freebsd_port.engine.core.patch.hunk import render_hunk
from freebsd_port.engine.core.patch.patch import Patch, parse_patch, split_patch
from freebsd_port.engine.core.text.file import split_lines

NAME_FIELD = "Patch-Name"
"""The trailer with which a mailbox of ours says which patch a message is, and begins its fields."""

SIGNATURE = b"-- \nfreebsd-port\n"
"""What ends a mail of ours."""

_NOBODY = "freebsd-port <freebsd-port@localhost>"
_UNNAMEABLE = re.compile(r'[()<>@"\\\0]')
_CRUD = " .,:;'"
"""What git takes off the ends of a name; one of nothing else is none."""

_LONGEST_NAME = 60
"""Bytes of a name that `git am` takes; of a longer one it takes the address instead."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_YEAR = 2099
_WHOLE_HEADER = re.compile(
    rb"^The header of (?P<name>\S+), line by line:\n(?P<lines>(?:\|.*\n)*)\n", re.MULTILINE
)
_POSTMARK = re.compile(rb"From [0-9a-f]{40} ")
_HEADER_FIELD = re.compile(rb"([A-Z][A-Za-z0-9-]*):[ \t]*")
_FIELD = re.compile(rb"([A-Z][A-Za-z0-9-]*):[ \t]?.*\n")
_FORGE = re.compile(rb".*-by:|Change-Id:|\(cherry picked")
_CHANGE_ID = re.compile(rb"^Change-Id: I[0-9a-f]{40}$", re.MULTILINE)
_SLUG = re.compile(r"[^A-Za-z0-9._]+")
_TAGS = re.compile(r"\[([^\]]*)\]")
_ENDS_MESSAGE = re.compile(rb"^(?=diff -|Index: |---(?: \S|\s*$))", re.MULTILINE)
_BEGINS_FIELDS = re.compile(rb"(?=(?:From|Subject|Date):|\[PATCH\]\s|>From )", re.IGNORECASE)
_LOOKS_LIKE_A_DIFF = re.compile(
    rb"^(?=[ \tX]*(?:---[ \t]|\+\+\+[ \t]|\*\*\*[ \t]|- --- |Index:|Prereq:|diff -|@@ -"
    rb"|\d+(?:,\d+)?[acd]\d*(?:,\d+)?\r?$))",
    re.MULTILINE,
)
_STATISTICS = re.compile(
    rb"^---[ \t]*\n(?:\s*\n| [^\n]* \| +(?:\d+|Bin)[^\n]*\n| \d+ files? changed[^\n]*\n"
    rb"| (?:create|delete|mode|rename|copy|rewrite) [^\n]*\n)*\Z",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Contribution:
    """A patch from elsewhere, in this house's form."""

    name: str | None
    """What it should be called; None when nothing says so. May lack its directory."""

    text: bytes


def to_mail(name: str, header: bytes, diffs: bytes) -> Mail:
    """Give a patch as a mail of which `git am` loses nothing that a commit can have.

    The header's fields follow its prose, below the name of the patch. A line that git would take
    for the end of the message is indented, and tags before the subject, which git drops, become
    words of it.
    """
    fields, prose = _split_header(header)
    subject, author, when = _value(fields, "Subject"), _author(fields), _date(fields)
    if not subject and (description := _field(fields, "Description")):
        subject = as_text(description.partition(b"\n")[0]).partition(":")[2]
    if _POSTMARK.match(header) and len(mails := read_mails(header + diffs)) == 1:
        fields, prose = _make_fields(mails[0]), mails[0].message
        subject, when = mails[0].subject, mails[0].when or _EPOCH
        author = _full_author(mails[0].author)
    plain = _untagged(subject) or _untagged(name) or "patch"
    if fields and fields[0] == f"Subject: {plain}\n".encode():
        fields = fields[1:]  # the mail's own subject says it
    prose = _ENDS_MESSAGE.sub(b" ", clean_message(_STATISTICS.sub(b"", prose)))
    if _BEGINS_FIELDS.match(prose):
        prose = b" " + prose
    block = f"{NAME_FIELD}: {name}\n".encode("utf-8", "surrogateescape") + b"".join(fields)
    message = clean_message(b"\n\n".join(part for part in (prose, block) if part))
    return Mail(plain, author, when, None, message, diffs)


def with_whole_header(mail: Mail, name: str, header: bytes) -> Mail:
    """Let a mail hold the header byte for byte too, where git does not look."""
    title = f"The header of {name}, line by line:\n".encode("utf-8", "surrogateescape")
    lines = b"".join(b"|" + line for line in split_lines(header))
    return replace(mail, notes=title + lines + b"\n")


def from_mail(mail: Mail) -> Contribution:
    """Turn a mail into a patch; one that `export` wrote becomes the patch that it was."""
    if whole := _find_whole(mail):
        return whole
    fields, message = _take_fields(mail.message)
    name, subject = None, f"Subject: {mail.subject}\n".encode()
    if fields:
        name = fields.pop(0).partition(b":")[2].strip().decode("utf-8", "surrogateescape")
        written = _value(fields, "Subject")
        if written and _untagged(written) == mail.subject:
            subject = b""
    else:
        fields = _make_fields(mail)
    header = subject + b"".join(fields) + b"\n"
    if message:
        header += _LOOKS_LIKE_A_DIFF.sub(b"| ", message) + b"\n\n"
    return Contribution(name or f"{_slug(mail.subject)}.patch", header + plain_diffs(mail.diff))


def _find_whole(mail: Mail) -> Contribution | None:
    """Give the patch that `with_whole_header` put in, unless the mail was edited since."""
    text = mail.notes + mail.diff
    found = _WHOLE_HEADER.search(text)
    if found is None:
        return None
    name = found["name"].decode("utf-8", "surrogateescape")
    header = b"".join(line[1:] for line in split_lines(found["lines"]))
    diffs = text[found.end() :].rstrip(b"\n") + b"\n"
    diffs = diffs.removesuffix(SIGNATURE)
    meant = to_mail(name, header, diffs)
    if (meant.subject, meant.author, meant.message) != (mail.subject, mail.author, mail.message):
        return None
    return Contribution(name, header + diffs)


def from_diff(data: bytes, subject: str, today: str) -> Contribution:
    """Give a plain diff, or a patch with a header of another kind, fields of its own."""
    header, body = split_patch(data)
    if parse_header(header).field("Subject") is None:
        prose = header.strip(b"\r\n")
        fields = f"Subject: {subject}\nOrigin: other\nForwarded: no\nLast-Update: {today}\n\n"
        header = fields.encode() + (prose + b"\n\n" if prose else b"")
    return Contribution(None, header + plain_diffs(body))


def without_diffs(header: bytes, patch: Patch) -> bytes:
    """Cut off an indented diff, which quilt takes for a part of the header and patch for a diff."""
    lines = split_lines(header)
    first = min((hunk.line for change in patch.changes for hunk in change.hunks), default=0)
    if not 0 < first <= len(lines):
        return header
    stop = first - 1
    while stop and _LOOKS_LIKE_A_DIFF.match(lines[stop - 1]):
        stop -= 1
    return b"".join(lines[:stop])


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


def _split_header(header: bytes) -> tuple[list[bytes], bytes]:
    """Give each field as written, folds included, and the prose below; free text has none."""
    head, _, prose = header.partition(b"\n\n")
    fields: list[bytes] = []
    for line in split_lines(head.rstrip(b"\n") + b"\n"):
        if _HEADER_FIELD.match(line):
            fields.append(line)
        elif line.startswith((b" ", b"\t")) and fields:
            fields[-1] += line
        elif line.strip():
            return [], header
    return fields, prose


def _field(fields: list[bytes], name: str) -> bytes:
    lead = f"{name}:".encode().lower()
    return next((field for field in fields if field.lower().startswith(lead)), b"")


def _value(fields: list[bytes], name: str) -> str:
    return one_line(decode_words(_field(fields, name).partition(b":")[2]))


def _untagged(subject: str) -> str:
    """Make words of the tags before a subject: `[bhyve] fix it` is `bhyve: fix it`."""
    rest = clean_subject(subject.replace("\0", ""))
    lead = subject[: subject.rfind(rest)] if rest else subject
    tags = [one_line(tag) for tag in _TAGS.findall(lead) if "PATCH" not in tag]
    return clean_subject(": ".join([*(tag for tag in tags if tag), *([rest] if rest else [])]))


def _author(fields: list[bytes]) -> str:
    return _full_author(_value(fields, "From") or _value(fields, "Author"))


def _full_author(text: str) -> str:
    """Give one author as a commit needs it: the first, if need be with an empty address."""
    first = re.match(r"[^<]*<[^>]*>|[^,]*", text)
    author = read_author(first[0] if first else "")
    if author.partition("<")[0].strip(_CRUD) and read_author(author) == author:
        return author
    name, address = _UNNAMEABLE.sub("", author or text), ""
    if author:
        name, _, address = author.removesuffix(">").rpartition(" <")
        name = _UNNAMEABLE.sub("", name)
    name = one_line(name).encode()[:_LONGEST_NAME].decode(errors="ignore").strip()
    return read_author(f"{name} <{address}>") if name.strip(_CRUD) else _NOBODY


def _date(fields: list[bytes]) -> datetime:
    when = read_date(_value(fields, "Date")) or read_date(_value(fields, "Last-Update")) or _EPOCH
    return when if when >= _EPOCH and when.year <= _LAST_YEAR else _EPOCH


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
    fields = [f"From: {mail.author}"] if mail.author else []
    fields += [f"Origin: {origin}", f"Forwarded: {forwarded}"]
    if mail.when:
        fields.append(f"Last-Update: {mail.when.date().isoformat()}")
    return [f"{field}\n".encode() for field in fields]


def _slug(subject: str) -> str:
    words = _SLUG.sub("-", subject).strip("-.").lower()
    return words[:60].rstrip("-.") or "patch"
