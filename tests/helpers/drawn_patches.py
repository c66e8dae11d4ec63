"""Patches that hypothesis draws: any header, above diffs in the forms that people send."""

from __future__ import annotations

from hypothesis import strategies as st

from freebsd_port.engine.core.patch.patch import split_patch

EDIT = b"--- a/f\n+++ b/f\n@@ -4,3 +4,3 @@\n line 4\n-line 5\n+line five\n line 6\n"
GIT = b"diff --git a/f b/f\nindex 1..2 100644\n"
DIFFS = (
    EDIT,
    GIT + EDIT,
    b"Index: f\n" + b"=" * 67 + b"\n" + EDIT,
    b"diff -u -r1.1 f\n" + EDIT.replace(b"a/f", b"a/f\t2026-01-01 10:00:00"),
    EDIT + b"-- \n2.39.5\n\n",
    EDIT + b"\n\n",
    EDIT.replace(b" @@\n", b" @@ def f():\n"),
    EDIT.replace(b"line 5\n", b"line 5\r\n").replace(b"five\n", b"five\r\n"),
    EDIT.replace(b"five", b"f\xc3\xafve \xe9"),
    EDIT + b"--- a/g\n+++ b/g\n@@ -1 +1 @@\n-g\n+h\n",
    GIT.replace(b"index", b"old mode 100644\nnew mode 100755\nindex") + EDIT,
)
FIELDS = (
    b"Subject: fix it",
    b"Subject: [PATCH 1/2] [bhyve] fix it",
    b"Subject: Re: [RFC] of \xc3\xa9 things",
    b"Subject: =?UTF-8?q?caf=C3=A9?= is =? here",
    b"Subject:",
    b"Subject: folded\n and more",
    b"subject: small",
    b"Description: short words\n A longer text\n .\n of lines",
    b"From: Jo Porter <jo@example.com>",
    b"From: Jo Porter",
    b'From: J\xc3\xbcrgen "P" (x) <j@example.com>, Al <al@example.com>',
    b"Author: <>",
    b"Author: \xff\xfe",
    b"From: " + b"long " * 40,
    b"Date: Mon, 2 Nov 2026 10:00:00 +0100",
    b"Date: yesterday",
    b"Last-Update: 2026-11-20",
    b"Last-Update: 0001-01-01",
    b"Last-Update: 9999-12-31",
    b"Origin: other, https://example.com",
    b"Forwarded: no",
    b"Drop-When: ",
    b"Patch-Name: another.patch",
    b"Bug: 1\nBug: 2",
)
PROSE = (
    b"Why it is so.",
    b"",
    b"",
    b"---",
    b"--- ",
    b" f | 2 +-",
    b" 1 file changed, 1 insertion(+)",
    b"diff",
    b"Index:",
    b"From: somebody",
    b"Date: of old",
    b"[PATCH] again",
    b">From me",
    b"From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001",
    b"From jo Mon Sep 17 10:00:00 2001",
    b"  -- >8 --",
    b"-- ",
    b"|Subject: x",
    b"The header of x.patch, line by line:",
    b"trailing  \t",
    b"\ttab",
    b"carriage\r",
    b"\x1b[31mred\x07 \xe2\x80\xae",
    b"caf\xe9",
    b"Patch-Name: x.patch",
    b"Signed-off-by: Jo <jo@example.com>",
    b"=3D",
)


@st.composite
def headers(draw: st.DrawFn) -> bytes:
    """Draw fields, a blank line and prose, or any of them without the others."""
    lines = draw(st.lists(st.sampled_from(FIELDS), max_size=5, unique=True))
    postmark = draw(st.sampled_from([b"", b"", PROSE[13] + b"\n"]))
    prose = draw(st.lists(st.sampled_from(PROSE), max_size=6))
    middle = draw(st.sampled_from([[b""], [b""], [], [b"", b""]]))
    text = b"".join(line + b"\n" for line in [*lines, *middle, *prose])
    return postmark + text + draw(st.sampled_from([b"", b"\n"]))


@st.composite
def patches(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Draw (header, diffs) as quilt splits a patch."""
    return split_patch(draw(headers()) + draw(st.sampled_from(DIFFS)))
