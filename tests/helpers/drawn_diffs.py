"""Files and diffs that hypothesis draws: few different lines, so that many places look alike."""

from __future__ import annotations

import difflib

from hypothesis import strategies as st

LINES = st.sampled_from([b"a\n", b"b\n", b"c\n", b"\n", b"x\r\n", b"caf\xe9\n", b" a\n", b"-\n"])


@st.composite
def contents(draw: st.DrawFn, min_size: int = 0) -> bytes:
    """Draw a file of few different lines, so that many places look alike."""
    content = b"".join(draw(st.lists(LINES, min_size=min_size, max_size=16)))
    if content and draw(st.booleans()):
        return content.removesuffix(b"\n").removesuffix(b"\r")
    return content


@st.composite
def variants(draw: st.DrawFn, content: bytes) -> bytes:
    """Draw the file with up to three runs of lines taken out or put in."""
    lines = content.splitlines(keepends=True)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(lines)))
        lines[at : at + draw(st.integers(0, 2))] = draw(st.lists(LINES, max_size=2))
    for index, line in enumerate(lines[:-1]):
        if not line.endswith(b"\n"):
            lines[index] = line + b"\n"
    return b"".join(lines)


def unified(old: bytes, new: bytes, context: int, shift: int = 0) -> bytes:
    """Give a unified diff of path f; `shift` lines are added to every position."""
    split_old, split_new = old.splitlines(keepends=True), new.splitlines(keepends=True)
    text = [b"--- a/f\n+++ b/f\n"]
    matcher = difflib.SequenceMatcher(None, split_old, split_new, autojunk=False)
    for group in matcher.get_grouped_opcodes(context):
        _, i1, _, j1, _ = group[0]
        _, _, i2, _, j2 = group[-1]
        ranges = [(i1, i2 - i1), (j1, j2 - j1)]
        first, second = (
            b"%d,%d" % (start + bool(count) + (shift if start or count else 0), count)
            for start, count in ranges
        )
        text.append(b"@@ -" + first + b" +" + second + b" @@\n")
        for kind, i1, i2, j1, j2 in group:
            sides = [(b" ", split_old[i1:i2])] if kind == "equal" else []
            sides = sides or [(b"-", split_old[i1:i2]), (b"+", split_new[j1:j2])]
            for marker, lines in sides:
                for line in lines:
                    end = b"" if line.endswith(b"\n") else b"\n\\ No newline at end of file\n"
                    text.append(marker + line + end)
    return b"".join(text)
