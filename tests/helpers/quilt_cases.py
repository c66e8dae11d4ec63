"""The small series: trees and patches that show every habit of quilt and patch, in bytes."""

from __future__ import annotations

from dataclasses import dataclass

TEN = b"".join(b"line %d\n" % number for number in range(1, 11))
HUNK = b"@@ -4,3 +4,3 @@\n line 4\n-line 5\n+line five\n line 6\n"
PLAIN = b"--- a/f\n+++ b/f\n" + HUNK


@dataclass(frozen=True, slots=True)
class Case:
    """A tree, a series, and whether it applies."""

    name: str
    files: dict[str, tuple[bytes, int]]
    patches: dict[str, bytes]
    series: bytes = b""
    """The series file; by default every patch, in order."""

    fuzz: int | None = 0
    applies: bool = True


def _one(name: str, patch: bytes, *, content: bytes = TEN, path: str = "f", **more) -> Case:
    return Case(name, {path: (content, 0o644)}, {"1.patch": patch}, **more)


def _latin(text: str) -> bytes:
    return text.encode("latin-1")


SHIFTED = b"new\n" * 3 + TEN
BLURRED = TEN.replace(b"line 3\n", b"other\n").replace(b"line 7\n", b"other\n")
WIDE = (
    b"--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n line 2\n line 3\n line 4\n"
    b"-line 5\n+line five\n line 6\n line 7\n line 8\n"
)
GIT = b"diff --git a/f b/f\n"
NEW = b"--- /dev/null\n+++ b/d/e/new\n@@ -0,0 +1,2 @@\n+one\n+two\n"
GONE = b"--- a/d/e/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
SWAP = (
    b"diff --git a/f b/g\nsimilarity index 90%\nrename from f\nrename to g\n--- a/f\n+++ b/g\n"
    + HUNK
    + b"diff --git a/g b/f\nsimilarity index 100%\nrename from g\nrename to f\n"
)
INDENTED = b"".join(b"  " + line for line in PLAIN.splitlines(keepends=True))
MAIL = (
    b"From 0123 Mon Sep 17 00:00:00 2001\nFrom: A <a@b.c>\nSubject: [PATCH] x\n\ntext\n---\n"
    b" f | 2 +-\n 1 file changed, 1 insertion(+), 1 deletion(-)\n\ndiff --git a/f b/f\n"
    b"index 1234567..89abcde 100644\n" + PLAIN + b"-- \n2.39.2\n\n"
)
LAST = (
    b"--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n"
    b"+c\n\\ No newline at end of file\n"
)
CRLF = b"--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\r\n-b\r\n+c\r\n d\r\n"
LATIN = _latin("--- a/f\xe9.c\n+++ b/f\xe9.c\n@@ -1 +1 @@\n-caf\xe9\n+th\xe9\n")
BACK = b"--- a/f\n+++ b/f\n@@ -4,3 +4,3 @@\n line 4\n-line five\n+line 5\n line 6\n"
EPOCH = b"--- a/f\t2020-01-01 00:00:00 +0000\n+++ b/f\t1970-01-01 01:00:00.000000000 +0100\n"
SHARED = (
    b"--- a/f\n+++ b/f\n@@ -1,4 +1,4 @@\n line 1\n-line 2\n+line two\n line 3\n line 4\n"
    b"@@ -3,5 +3,5 @@\n line 3\n line 4\n-line 5\n+line five\n line 6\n line 7\n"
)
TWO = {"f": (TEN, 0o644), "g": (b"other\n", 0o755)}

CASES = (
    _one("plain", PLAIN),
    _one("an offset", PLAIN, content=SHIFTED),
    _one("fuzz 0 refuses blurred context", WIDE, content=BLURRED, applies=False),
    _one("fuzz 1 refuses context blurred two deep", WIDE, content=BLURRED, fuzz=1, applies=False),
    _one("fuzz 2", WIDE, content=BLURRED, fuzz=2),
    _one("fuzz 3", WIDE, content=TEN.replace(b"line 4", b"other"), fuzz=3),
    _one("the default fuzz is 2", WIDE, content=BLURRED, fuzz=None),
    _one("two hunks that share context", SHARED),
    _one("-p0", b"--- f\n+++ f\n" + HUNK, series=b"1.patch -p0\n"),
    _one("-p2", b"--- x/y/f\n+++ x/y/f\n" + HUNK, series=b"1.patch -p2\n"),
    _one("-p in two words", b"--- f\n+++ f\n" + HUNK, series=b"1.patch -p 0\n"),
    _one("-R", BACK, series=b"1.patch -R\n"),
    _one("-R of a new file", b"--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+x\n", content=b"x\n",
         series=b"1.patch -R -p1\n"),
    _one("comments", PLAIN, series=b"# one\n\n  1.patch\t-p1   # why\n#2.patch\n"),
    _one("a name with a hash", PLAIN, series=b"1.patch#\n", applies=False),
    _one("a name with a quote", PLAIN, series=b"1.patch\nit's.patch\n", applies=False),
    _one("a patch twice", PLAIN, series=b"1.patch\n1.patch\n", applies=False),
    _one("a patch that is not there", PLAIN, series=b"1.patch\n2.patch\n", applies=False),
    Case("an empty patch file", {"f": (TEN, 0o644)}, {"1.patch": b"", "2.patch": PLAIN}),
    _one("a patch of prose only", b"Subject: nothing\n\nno diff\n", applies=False),
    _one("a new file in new directories", NEW),
    _one("a new file that is there with content", NEW, path="d/e/new", applies=False),
    _one("a new file below a file", NEW, path="d", applies=False),
    _one("a new file below a new file", NEW.replace(b"d/e/new", b"d") + NEW, applies=False),
    Case("a new file and its removal", {"f": (TEN, 0o644)}, {
        "1.patch": NEW,
        "2.patch": b"--- a/d/e/new\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-one\n-two\n",
    }),
    Case("a new file that the next patch changes", {"f": (TEN, 0o644)}, {
        "1.patch": NEW,
        "2.patch": b"--- a/d/e/new\n+++ b/d/e/new\n@@ -1,2 +1,2 @@\n-one\n+1\n two\n",
    }),
    Case("a removed file empties its directories", {"f": (TEN, 0o644), "d/e/x": (b"x\n", 0o644)},
         {"1.patch": GONE}),
    _one("a removal that leaves content", GONE, path="d/e/x", content=b"x\ny\n", applies=False),
    _one("a file emptied but kept", b"--- a/f\n+++ b/f\n@@ -1 +0,0 @@\n-x\n", content=b"x\n"),
    _one("a removal by the epoch", EPOCH + b"@@ -1 +0,0 @@\n-x\n", content=b"x\n"),
    _one("git: mode only", GIT + b"old mode 100644\nnew mode 100755\n"),
    _one("git: mode and text", GIT + b"old mode 100644\nnew mode 100755\n" + PLAIN),
    _one("git: a new executable", b"diff --git a/n b/n\nnew file mode 100755\nindex 0000000..1\n"
         b"--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n"),
    _one("git: an empty new file", b"diff --git a/n b/n\nnew file mode 100644\n"
         b"index 0000000..e69de29\n"),
    _one("git: an empty file goes", GIT + b"deleted file mode 100644\nindex e69de29..0000000\n",
         content=b""),
    _one("git: an empty file that is gone already", b"diff --git a/n b/n\n"
         b"deleted file mode 100644\nindex e69de29..0000000\n"),
    _one("git: rename with text", b"diff --git a/f b/d/g\nsimilarity index 90%\nrename from f\n"
         b"rename to d/g\n--- a/f\n+++ b/d/g\n" + HUNK),
    _one("git: rename only", b"diff --git a/f b/g\nsimilarity index 100%\nrename from f\n"
         b"rename to g\n"),
    _one("git: copy", b"diff --git a/f b/g\nsimilarity index 90%\ncopy from f\ncopy to g\n"
         b"--- a/f\n+++ b/g\n" + HUNK),
    Case("git: two files swap names", TWO, {"1.patch": SWAP}),
    Case("git: rename over another file", TWO, {"1.patch": b"diff --git a/f b/g\n"
         b"similarity index 100%\nrename from f\nrename to g\n"}),
    _one("git: two diffs of one file", GIT + PLAIN + GIT + BACK),
    _one("git: four diffs of one file", b"".join(GIT + b"--- a/f\n+++ b/f\n"
         b"@@ -%d,3 +%d,3 @@\n line %d\n-line %d\n+x\n line %d\n" % (n - 1, n - 1, n - 1, n, n + 1)
         for n in (6, 3, 9)) + GIT + b"--- a/f\n+++ b/f\n@@ -9,2 +9,2 @@\n-x\n+y\n line 10\n"),
    Case("git: a copy reads what the patch has not changed yet", TWO, {"1.patch": GIT + PLAIN
         + b"diff --git a/f b/h\nsimilarity index 100%\ncopy from f\ncopy to h\n"}),
    Case("git: a diff of a file that a rename has yet to make", TWO, {"1.patch":
         b"diff --git a/f b/h\nsimilarity index 100%\nrename from f\nrename to h\n"
         b"diff --git a/h b/h\n" + PLAIN.replace(b"/f", b"/h")}, applies=False),
    Case("git: a plain diff of a file that a copy has yet to make", TWO, {"1.patch":
         b"diff --git a/f b/h\nsimilarity index 100%\ncopy from f\ncopy to h\n"
         + PLAIN.replace(b"/f", b"/h")}, applies=False),
    Case("git: a plain diff after git diffs of the same file", TWO, {"1.patch": GIT + PLAIN
         + BACK + GIT + PLAIN}),
    Case("git: gone, made anew and edited", TWO, {"1.patch":
         b"diff --git a/g b/g\ndeleted file mode 100755\n--- a/g\n+++ /dev/null\n"
         b"@@ -1 +0,0 @@\n-other\n"
         b"diff --git a/g b/g\nnew file mode 100644\n--- /dev/null\n+++ b/g\n@@ -0,0 +1 @@\n+x\n"
         b"diff --git a/g b/g\n--- a/g\n+++ b/g\n@@ -1 +1 @@\n-x\n+y\n"
         b"diff --git a/g b/g\nold mode 100644\nnew mode 100755\n"
         b"diff --git a/g b/g\n--- a/g\n+++ b/g\n@@ -1 +1 @@\n-y\n+z\n"}),
    Case("git: gone, then made anew by a plain diff", TWO, {"1.patch":
         b"diff --git a/g b/g\ndeleted file mode 100755\n--- a/g\n+++ /dev/null\n"
         b"@@ -1 +0,0 @@\n-other\n--- /dev/null\n+++ b/g\n@@ -0,0 +1 @@\n+x\n"},
         applies=False),
    _one("git: mode, text, mode and text", GIT + b"old mode 100644\nnew mode 100755\n" + GIT + PLAIN
         + GIT + b"old mode 100755\nnew mode 100600\n" + GIT + BACK),
    _one("git: -R of a rename", b"diff --git a/g b/f\nsimilarity index 100%\nrename from g\n"
         b"rename to f\n", series=b"1.patch -R\n"),
    _one("git: binary", GIT + b"index 1..2 100644\nGIT binary patch\nliteral 1\nIcmZP\n\n",
         applies=False),
    _one("git: binary files differ", GIT + b"index 1..2 100644\nBinary files a/f and b/f differ\n"
         + GIT + PLAIN),
    _one("binary files differ", b"Binary files a/x and b/x differ\n" + PLAIN),
    _one("context behind a hunk that its header does not count", PLAIN + b" line 7\n"),
    Case("modes survive", {"f": (TEN, 0o750)}, {"1.patch": PLAIN}),
    _one("mail", MAIL),
    _one("indented", INDENTED),
    _one("Index line", b"Index: a/f\n=====\n--- x\n+++ y\n" + HUNK),
    _one("CRLF content", CRLF, content=b"a\r\nb\r\nd\r\n"),
    _one("CRLF patch on LF content", PLAIN.replace(b"\n", b"\r\n")),
    _one("CRLF patch on CRLF content", PLAIN.replace(b"\n", b"\r\n"),
         content=TEN.replace(b"\n", b"\r\n"), applies=False),
    _one("no final newline", LAST, content=b"a\nb"),
    _one("no final newline where the patch has one", LAST, content=b"a\nb\n", applies=False),
    _one("Latin-1", LATIN, path="f\udce9.c", content=_latin("caf\xe9\n")),
    _one("names with spaces", b"--- a/a b\t\n+++ b/a b\t\n" + HUNK, path="a b"),
    _one("quoted names", b'--- "a/a\\tb"\n+++ "b/a\\tb"\n' + HUNK, path="a\tb"),
    _one("orig beside the plain name", b"--- a/f.orig\n+++ b/f\n" + HUNK),
    Case("a name with fewer components but a longer base name",
         {"d/f": (TEN, 0o644), "longer": (TEN, 0o644)}, {
             "1.patch": b"--- a/d/f\n+++ b/longer\n" + HUNK}, applies=False),
    _one("git: names with too few components", GIT + PLAIN.replace(b"a/f", b"g")),
    _one("a name of a context diff", b"--- a/x\n+++ b/x\n*** a/f\n" + HUNK),
    _one("context eaten", PLAIN.replace(b" line", b"line"), applies=False),
    _one("a comment in a hunk", PLAIN.replace(b"-line", b"# why\n-line")),
    _one("a hunk longer than it says", PLAIN.replace(b"-4,3", b"-4,2"), applies=False),
    _one("a hunk shorter than it says", PLAIN.replace(b"-4,3", b"-4,9"), applies=False),
    _one("an empty series", PLAIN, series=b"# nothing\n", applies=False),
    _one("the file is not there", PLAIN, path="elsewhere", applies=False),
    Case("fails in the second and third patch", {"f": (TEN, 0o644)}, {
        "1.patch": PLAIN,
        "2.patch": PLAIN.replace(b"line five", b"line six"),
        "3.patch": PLAIN.replace(b"line 4", b"line x"),
    }, applies=False),
)  # fmt: skip

DIFFERENT = (
    _one("a hunk that lost its header", PLAIN + b"\n-line 8\n+line eight\n", applies=False),
    _one("a hunk behind a blank line", PLAIN + b"\n@@ -8,2 +8,2 @@\n line 8\n-line 9\n+x\n",
         applies=False),
    _one("a hunk that goes on behind its count", PLAIN + b"-line 7\n+line seven\n", applies=False),
    _one("a file without a hunk", PLAIN + b"--- a/g\n+++ b/g\n", applies=False),
    _one("an ed script in the middle", PLAIN + b"diff -e a/g b/g\n3c\nx\n.\n", applies=False),
    _one("an indented comment line", PLAIN, series=b"1.patch\n  # why\n"),
    _one("-pab", PLAIN, series=b"1.patch -pab\n"),
    _one("an unknown patch option", PLAIN, series=b"1.patch -E\n", applies=False),
    _one("a context diff", b"*** a/f\n--- b/f\n***************\n*** 5 ****\n! line 5\n"
         b"--- 5 ----\n! line five\n", applies=False),
    _one("fuzz behind a last line without newline",
         b"--- a/f\n+++ b/f\n@@ -3,2 +3,3 @@\n x\n+b\n y\n", content=b"z\nd", fuzz=2),
    _one("a symbolic link", b"diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n"
         b"@@ -0,0 +1 @@\n+f\n\\ No newline at end of file\n", applies=False),
    _one("a directory for a file that the same patch removes",
         GONE.replace(b"d/e/x", b"d") + NEW, path="d", content=b"x\n"),
    Case("a file for a directory that an earlier patch empties", {"d/e/x": (b"x\n", 0o644)}, {
        "1.patch": GONE,
        "2.patch": NEW.replace(b"d/e/new", b"d"),
    }, applies=False),
    _one("a name that climbs out beside a good one", b"--- ../f\n+++ f\n" + HUNK,
         series=b"1.patch -p0\n", applies=False),
)  # fmt: skip
"""What we do on purpose otherwise: see docs/quilt-differences.md."""
