"""Mails that carry a patch, one for each way in which mails differ; git says what each means."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterable
from dataclasses import dataclass

FILES = {
    "f": b"".join(b"line %d\n" % number for number in range(1, 11)),
    "dos.txt": b"one\r\ntwo\r\nthree\r\n",
    "latin.txt": b"caf\xe9\n",
    "old name.txt": b"kept\n",
    "end.txt": b"no newline",
    "run.sh": b"true\n",
}
"""The tree that every mail is for."""

POSTMARK = b"From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001\n"
AUTHOR = b"From: Jo Porter <jo@example.com>\n"
DATE = b"Date: Mon, 2 Nov 2026 10:00:00 +0100\n"
SUBJECT = b"Subject: [PATCH] fix it\n"
PLAIN = AUTHOR + DATE + SUBJECT
SIGNATURE = b"-- \n2.39.5\n\n"
UTF8 = "Stra\N{LATIN SMALL LETTER SHARP S}e, caf\N{LATIN SMALL LETTER E WITH ACUTE}"


def edit(new: bytes = b"line five", old: bytes = b"line 5") -> bytes:
    return b"--- a/f\n+++ b/f\n@@ -4,3 +4,3 @@\n line 4\n-%s\n+%s\n line 6\n" % (old, new)


EDIT = edit()
BODY = b"Why it is so.\n---\n f | 2 +-\n\n" + EDIT + SIGNATURE


@dataclass(frozen=True)
class MailCase:
    """A mailbox and what `git am` and `import` are told about it."""

    name: str
    data: bytes
    options: tuple[str, ...] = ()
    is_dateless: bool = False
    is_refused: bool = False
    unlike: str = ""
    """What of it differs from git's, for the reason that stands with the case."""


def mail(head: bytes = PLAIN, body: bytes = BODY) -> bytes:
    return POSTMARK + head + b"\n" + body


def said(prose: str | bytes, diff: bytes = EDIT) -> bytes:
    text = prose.encode() if isinstance(prose, str) else prose
    return text + b"\n---\n\n" + diff + SIGNATURE


def coded(encoding: str, body: bytes, kind: str = "text/plain; charset=UTF-8") -> bytes:
    """A mail, or a part of one, with its body in a transfer encoding."""
    head = f"MIME-Version: 1.0\nContent-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n"
    return head.encode() + b"\n" + encode(encoding, body)


def encode(encoding: str, body: bytes) -> bytes:
    if encoding == "base64":
        return base64.encodebytes(body)
    return quopri.encodestring(body) if encoding == "quoted-printable" else body


def multipart(parts: Iterable[bytes], kind: str = "mixed", mark: str = "=-x") -> bytes:
    """Parts with their heads, as the body of a mail that has its own head before."""
    lead = f'MIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary="{mark}"\n\n'
    joined = b"".join(f"--{mark}\n".encode() + part + b"\n" for part in parts)
    return lead.encode() + b"A mail in parts.\n\n" + joined + f"--{mark}--\n".encode()


def part(body: bytes, kind: str = "text/plain; charset=UTF-8", encoding: str = "8bit") -> bytes:
    return f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n".encode() + encode(
        encoding, body
    )


def subject(text: str | bytes) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    return AUTHOR + DATE + b"Subject: " + raw + b"\n"


def author(text: str | bytes) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    return b"From: " + raw + b"\n" + DATE + SUBJECT


def date(text: str) -> bytes:
    return AUTHOR + f"Date: {text}\n".encode() + SUBJECT


PATCH_PART = part(EDIT, "text/x-patch; name=fix.patch")
SIGNED = "application/pgp-signature; name=signature.asc"
PGP = b"-----BEGIN PGP SIGNATURE-----\n\niQIzBAEBCAAdFiEE\n-----END PGP SIGNATURE-----\n"
INDENTED = (
    "The failing thing was\n\n  --- a/f\n  +++ b/f\n  @@ -1,2 +1,2 @@\n  -line 1\n  +LINE\n"
    "   line 2\n\nand so on."
)
SCISSORS = "A word to the reviewer.\n\n-- >8 -- cut here -- >8 --\n"
SECOND = edit(b"line 5 again", b"line five")

CASES = [
    # How the message is wrapped.
    MailCase("plain", mail()),
    MailCase("no postmark", PLAIN + b"\n" + BODY),
    MailCase(
        "postmark of a mail program",
        b"From jo@x.y Mon Nov  2 10:00:00 2026\n" + mail()[len(POSTMARK) :],
    ),
    MailCase("blank lines first", b"\n\n" + mail()),
    MailCase("two mails", mail() + mail(PLAIN.replace(b"fix", b"mend"), said("2", SECOND))),
    MailCase("line ends of the way", mail().replace(b"\n", b"\r\n")),
    MailCase(
        "line ends of the file",
        mail(
            body=said(
                "x",
                b"--- a/dos.txt\n+++ b/dos.txt\n@@ -1,3 +1,3 @@\n one\r\n-two\r\n"
                b"+zwei\r\n three\r\n",
            )
        ),
        ("--keep-cr",),
    ),
    MailCase("other headers", mail(b"To: l@x.y\nX-Y: a\n b\nMessage-ID: <1@x>\n" + PLAIN)),
    MailCase("headers in other cases", mail(PLAIN.replace(b"Subject", b"SUBJECT"))),
    # Where the message ends.
    MailCase("no dashes", mail(body=b"Why.\n\ndiff --git a/f b/f\n" + EDIT)),
    MailCase("no dashes, only names", mail(body=b"Why.\n" + EDIT)),
    MailCase("an index line", mail(body=b"Why.\nIndex: f\n" + b"=" * 67 + b"\n" + EDIT)),
    MailCase("a command", mail(body=b"Why.\n\ndiff -u a/f b/f\n" + EDIT)),
    MailCase("dashes with blanks", mail(body=b"Why.\n---  \t\n notes\n\n" + EDIT)),
    MailCase("more dashes, and fewer", mail(body=said("One\n--\ntwo\n----\nthree\n---x\nend"))),
    MailCase("dashes twice", mail(body=b"Why.\n---\nv2: better\n---\n f | 2 +-\n\n" + EDIT)),
    MailCase("no message", mail(body=b"---\n\n" + EDIT)),
    MailCase("no signature", mail(body=b"Why.\n---\n\n" + EDIT)),
    MailCase("words behind", mail(body=said("Why.") + b"____\nlist mailing list\n")),
    # Transfer encodings and charsets.
    MailCase("quoted-printable", mail(PLAIN + coded("quoted-printable", BODY)[:-1], b"\n")),
    MailCase("base64", POSTMARK + PLAIN + coded("base64", said(UTF8, edit(b"x = '\xc3\xaf'")))),
    MailCase("eight bits", POSTMARK + PLAIN + coded("8bit", said(UTF8, edit(b"\xc3\xaf")))),
    MailCase("seven bits", POSTMARK + PLAIN + coded("7bit", BODY, "text/plain; charset=us-ascii")),
    MailCase("eight bits, no charset", mail(body=said(UTF8, edit(b"\xc3\xaf")))),
    MailCase("latin-1, no charset", mail(body=said(UTF8.encode("latin-1")))),
    *(
        MailCase(
            f"{charset}, {encoding}",
            POSTMARK
            + PLAIN
            + coded(encoding, said(text.encode(charset)), f"text/plain; charset={charset}"),
        )
        for charset, encoding, text in (
            ("ISO-8859-1", "quoted-printable", UTF8),
            ("iso-8859-15", "8bit", UTF8),
            ("windows-1252", "base64", "\N{EURO SIGN}uro \N{EM DASH} dash"),
            ("koi8-r", "8bit", "\u041f\u0440\u0438\u0432\u0435\u0442"),
            ("Shift_JIS", "base64", "\u65e5\u672c\u8a9e"),
            ("GB2312", "quoted-printable", "\u4e2d\u6587"),
            ("UTF-8", "quoted-printable", "\u4e2d\u6587 " * 40),
        )
    ),
    MailCase(
        "a charset in quotes",
        POSTMARK
        + PLAIN
        + coded("8bit", said(UTF8.encode("latin-1")), 'text/plain; charset="latin1"'),
    ),
    MailCase(
        "files stay in their charset",
        POSTMARK
        + PLAIN
        + coded(
            "8bit",
            said(
                UTF8.encode("latin-1"),
                b"--- a/latin.txt\n+++ b/latin.txt\n@@ -1 +1 @@\n-caf\xe9\n+caf\xe8\n",
            ),
            "text/plain; charset=iso-8859-1",
        ),
    ),
    MailCase(
        "a charset that nobody knows",
        POSTMARK + PLAIN + coded("8bit", said(UTF8), "text/plain; charset=x-none"),
        is_refused=True,
    ),
    MailCase(
        "a charset that is not the text's",
        POSTMARK + PLAIN + coded("8bit", said(UTF8), "text/plain; charset=us-ascii"),
        is_refused=True,
    ),
    # Subjects.
    *(
        MailCase(f"subject {text!r:.40}", mail(subject(text)))
        for text in (
            "fix it",
            "Re: [PATCH] fix it",
            "re: RE: [PATCH v2] re: fix it",
            "[PATCH v2 1/2] [bhyve] fix it",
            "[PATCH] [open fix it",
            "[bhyve][nova] fix [this] it",
            "Reading is fixed",
            ": fix   it\t now ",
            "[PATCH 1/2] host: look for\n /proc first",
            "[PATCH]\n\thost: a tab\n\tand another",
            "[PATCH] stra\N{LATIN SMALL LETTER SHARP S}e, raw",
            b"[PATCH] stra\xdfe, raw latin-1",
            "=?UTF-8?q?=5BPATCH=5D_stra=C3=9Fe?=",
            "[PATCH] =?utf-8?B?c3RyYcOfZQ==?=",
            "[PATCH] =?ISO-8859-1?Q?stra=DFe?= and plain",
            "[PATCH] =?UTF-8?q?one=20two?=\n =?UTF-8?q?=20three?=",
            "[PATCH] =?UTF-8?q?half_=C3?= =?UTF-8?q?=9F?=",
            "[PATCH] a=?UTF-8?q?=C3=9F?=b",
            "[PATCH] caf\N{LATIN SMALL LETTER E WITH ACUTE}\N{NO-BREAK SPACE}noir",
        )
    ),
    MailCase("no subject", mail(AUTHOR + DATE, b"The first line.\n\nThe rest.\n---\n\n" + EDIT)),
    MailCase(
        "an encoded word in a charset that nobody knows",
        mail(subject("[PATCH] =?x-none?q?abc=C3?=")),
        is_refused=True,
    ),
    # Authors.
    *(
        MailCase(f"author {text!r:.40}", mail(author(text)))
        for text in (
            '"Porter, Jo" <jo@example.com>',
            '"Jo \\"P\\" Porter" <jo@example.com>',
            "Porter, Jo <jo@example.com>",
            "jo@example.com (Jo Porter)",
            "jo@example.com",
            "<jo@example.com>",
            "Jo (Work) Porter <jo@example.com> (a comment)",
            "Jo Porter <jo>",
            "Jo  Porter\n <jo@example.com>",
            f"{'Jo ' * 30}<jo@example.com>",
            "jo@home <jo@example.com>",
            "jo@example.com <jo@example.com>",
            "=?UTF-8?q?J=C3=BCrgen_P?= <jo@example.com>",
            '"=?UTF-8?q?J=C3=BCrgen_P?=" <jo@example.com>',
            "=?iso-8859-1?q?J=FCrgen?= =?iso-8859-1?q?_P?= <jo@example.com>",
            "=?UTF-8?b?SsO8cmdlbiwgUA==?= <jo@example.com>",
            "J\N{LATIN SMALL LETTER U WITH DIAERESIS}rgen <jo@example.com>",
            b"J\xfcrgen <jo@example.com>",
            "Jo via list <list@example.com>, Other <o@example.com>",
        )
    ),
    # Dates.
    *(
        MailCase(f"date {text!r}", mail(date(text)))
        for text in (
            "2 Nov 2026 10:00:00 +0000",
            "Mon, 02 Nov 2026 10:00 -0330",
            "Mon, 2 Nov 2026 10:00:00 GMT",
            "Mon, 2 Nov 2026 10:00:00 EST",
            "Mon, 2 Nov 2026 10:00:00 +0200 (CEST)",
            "Mon, 2 Nov 2026 10:00:00 -0000",
            "2026-11-02 10:00:00 +0100",
            "2026-11-02T10:00:00+01:00",
            "2026-11-02T10:00:00Z",
            "@1793613600 +0100",
        )
    ),
    MailCase("no date", mail(AUTHOR + SUBJECT), is_dateless=True),
    # Fields with which the body begins.
    *(
        MailCase(f"body {name}", mail(body=said(prose)))
        for name, prose in (
            ("from", "From: Al Other <al@example.com>\n\nWhy."),
            ("from, no blank line", "From: Al Other <al@example.com>\nWhy."),
            (
                "from, subject and date",
                "From: Al <al@example.com>\nSubject: [PATCH] better\n"
                "Date: 2026-11-01 09:00 +0000\n\nWhy.",
            ),
            ("behind blank lines", "\n\nSubject: better\n\nWhy."),
            ("folded", "Subject: a long\n one in two\n lines\n\nWhy."),
            ("in encoded words", "From: =?UTF-8?q?J=C3=BCrgen?= <j@example.com>\n\nWhy."),
            ("raw", "From: J\N{LATIN SMALL LETTER U WITH DIAERESIS}rgen <j@example.com>\n\nWhy."),
            (
                "with a postmark",
                ">From 2222222222222222222222222222222222222222 Mon Sep 17 00:00:00 2001\n"
                "From: Al <al@example.com>\n\nWhy.",
            ),
            ("subject in brackets", "[PATCH] better\n\nWhy."),
            ("twice", "From: Al <al@example.com>\nFrom: Bo <bo@example.com>\n\nWhy."),
            ("other", "Cc: al@example.com\n\nWhy."),
            ("later", "Why.\n\nFrom: Al <al@example.com>\nSubject: not this\n"),
        )
    ),
    # Prose that could be taken for something else.
    *(
        MailCase(f"prose {name}", mail(body=said(prose)))
        for name, prose in (
            ("with an indented diff", INDENTED),
            ("with a quoted diff", INDENTED.replace("\n  ", "\n> ")),
            ("from the manual", "As they say:\nFrom now on 3:4 is a ratio.\nFrom: the manual\n"),
            ("with scissors", SCISSORS + "Why."),
            ("with stars", "*** stars ***\n*** a/f\n@@ -1 +1 @@\n12d\n+++ plus"),
            ("with blanks", "One. \t\n\n\n\n  Two.  \nThree.\n\n\n"),
            ("that is long", "word " * 400),
            ("with a form feed", "One.\n\f\nTwo."),
        )
    ),
    MailCase("scissors", mail(body=said(SCISSORS + "Why.")), ("--scissors",)),
    MailCase(
        "scissors before fields",
        mail(body=said(SCISSORS + "Subject: better\nFrom: Al <al@example.com>\n\nWhy.")),
        ("--scissors",),
    ),
    MailCase(
        "few scissors", mail(body=said("We used 8< and >8 -- a lot - of them.")), ("--scissors",)
    ),
    MailCase(
        "notes with an indented diff",
        mail(
            body=b"Why.\n---\nInterdiff:\n  diff --git a/f b/f\n  --- a/f\n  +++ b/f\n"
            b"  @@ -1,2 +1,2 @@\n  -line 1\n  +LINE\n   line 2\n\n" + EDIT
        ),
    ),
    # Flowed text.
    MailCase(
        "flowed and stuffed",
        POSTMARK
        + PLAIN
        + coded(
            "7bit",
            b" From here on.\nSoft \nbreaks \nend.\n\nPara.\n---\n\n"
            + EDIT.replace(b"\n ", b"\n  ")
            + b"-- \n2\n",
            "text/plain; charset=us-ascii; format=flowed",
        ),
    ),
    MailCase(
        "flowed, blanks deleted",
        POSTMARK
        + PLAIN
        + coded(
            "quoted-printable",
            b"So \nft and ha \nrd.\n---\n\n" + EDIT.replace(b"\n ", b"\n  ") + b"-- \n2\n",
            "text/plain; charset=utf-8; format=Flowed; delsp=Yes",
        ),
    ),
    # Parts.
    *(
        MailCase(
            f"attached, {encoding}",
            POSTMARK
            + PLAIN
            + multipart(
                [
                    part(b"Why.\n"),
                    part(edit(b"f\xc3\xafve"), "text/x-patch; name=x.patch", encoding),
                ]
            ),
        )
        for encoding in ("8bit", "quoted-printable", "base64")
    ),
    *(
        MailCase(
            f"inline, {encoding}",
            POSTMARK + PLAIN + multipart([part(said(UTF8), "text/plain; charset=utf-8", encoding)]),
        )
        for encoding in ("8bit", "quoted-printable", "base64")
    ),
    MailCase(
        "attached as bytes",
        POSTMARK
        + PLAIN
        + multipart([part(b"Why.\n"), part(EDIT, "application/octet-stream", "base64")]),
    ),
    MailCase(
        "signed",
        POSTMARK
        + PLAIN
        + multipart([part(BODY, encoding="quoted-printable"), part(PGP, SIGNED, "7bit")], "signed"),
    ),
    MailCase(
        "signed, with an attachment",
        POSTMARK
        + PLAIN
        + multipart(
            [multipart([part(b"Why.\n"), PATCH_PART], "mixed", "=-y"), part(PGP, SIGNED, "7bit")],
            "signed",
        ),
        unlike="message",  # git has what stands before the inner parts in it
    ),
    MailCase(
        "signed, with a signature first",
        POSTMARK + PLAIN + multipart([part(PGP, SIGNED, "7bit"), part(BODY)], "signed"),
        unlike="message",  # git has the signature in it
    ),
    MailCase(
        "with a page",
        POSTMARK
        + PLAIN
        + multipart([part(BODY), part(b"<p>Why.</p>\n", "text/html")], "alternative"),
    ),
    MailCase(
        "with a page before the patch",
        POSTMARK
        + PLAIN
        + multipart([part(b"Why.\n"), part(b"<p>Why.</p>\n", "text/html"), PATCH_PART]),
        unlike="message",  # git has the page in it
    ),
    MailCase(
        "of a list with a footer",
        POSTMARK + PLAIN + multipart([part(BODY), part(b"____\nlist mailing list\n")]),
    ),
    MailCase(
        "parts in two charsets",
        POSTMARK
        + PLAIN
        + multipart(
            [
                part(UTF8.encode("latin-1") + b"\n", "text/plain; charset=iso-8859-1"),
                part(UTF8.encode() + b"\n"),
                PATCH_PART,
            ]
        ),
    ),
    MailCase("a part without a head", POSTMARK + PLAIN + multipart([b"\n" + BODY])),
    # What the diff does.
    *(
        MailCase(f"diff: {name}", mail(body=said("Why.", text)))
        for name, text in (
            ("mode", b"diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n"),
            (
                "empty file",
                b"diff --git a/pkg/new.py b/pkg/new.py\nnew file mode 100644\n"
                b"index 0000000..e69de29\n",
            ),
            (
                "new file",
                b"diff --git a/pkg/new.py b/pkg/new.py\nnew file mode 100755\n"
                b"index 0000000..e69de29\n"
                b"--- /dev/null\n+++ b/pkg/new.py\n@@ -0,0 +1 @@\n+x = 1\n",
            ),
            (
                "removed",
                b"diff --git a/run.sh b/run.sh\ndeleted file mode 100644\nindex 27ba77d..0000000\n"
                b"--- a/run.sh\n+++ /dev/null\n@@ -1 +0,0 @@\n-true\n",
            ),
            (
                "renamed",
                b"diff --git a/run.sh b/go.sh\nsimilarity index 100%\nrename from run.sh\n"
                b"rename to go.sh\n",
            ),
            (
                "last line",
                b"--- a/end.txt\n+++ b/end.txt\n@@ -1 +1,2 @@\n-no newline\n"
                b"\\ No newline at end of file\n+newline\n+none\n\\ No newline at end of file\n",
            ),
            (
                "name with a blank",
                b"diff --git a/old name.txt b/old name.txt\nindex 1..2 100644\n"
                b"--- a/old name.txt\t\n"
                b"+++ b/old name.txt\t\n@@ -1 +1 @@\n-kept\n+changed\n",
            ),
            ("lines like signatures", edit(b"-- \n+-- ").replace(b"+4,3", b"+4,4")),
        )
    ),
]
