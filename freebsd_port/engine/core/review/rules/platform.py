"""The rule that what a system can do is asked of it, not guessed from its name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from freebsd_port.engine.core.review.hunk_text import HunkTextLine, added
from freebsd_port.engine.core.review.rules.rule import Rule, in_each_hunk

_TEST = re.compile(
    r"(sys\.platform|platform\.(system|platform)\(\)|os\.uname\(\)(\.sysname|\[0\]))"
    r"\s*(==|!=|in\b|not in\b|\.startswith\()"
    r"|['\"](freebsd|linux)\d*['\"]\s*(==|!=|in\b|not in\b)",
    re.IGNORECASE,
)


def find_platform_tests(lines: Sequence[HunkTextLine]) -> Iterator[tuple[int, str]]:
    """Give line and remark of each condition that is added and goes by the platform's name.

    One that guards nothing but a refusal is right: no feature stands for being supported.
    """
    old = {line.bare for line in lines if line.marker == "-"}
    after = [line for line in lines if line.marker != "-" and line.bare]
    told = -1
    for line in added(lines):
        if not line.is_code or not _TEST.search(line.text) or line.bare in old:
            continue
        head, body = _statement(after, after.index(line))
        if head != told and not body.startswith("raise "):
            told = head
            yield (
                line.line,
                "it goes by the name of the platform: ask for what is needed, with hasattr() or "
                "by catching the error",
            )


def _statement(lines: Sequence[HunkTextLine], index: int) -> tuple[int, str]:
    """Give where a condition of several lines starts, and the first line of what it guards."""
    start = index
    while start and lines[start].bare.split("(")[0].split(" ")[0] not in ("if", "elif", "return"):
        if lines[start - 1].bare.endswith(":") or index - start > 4:
            break
        start -= 1
    end = index
    while end < len(lines) - 1 and not lines[end].bare.endswith(":"):
        end += 1
    body = next((one.bare for one in lines[end + 1 :] if not one.bare.startswith("#")), "")
    return start, body


RULE = Rule(
    name="platform-test",
    level="warning",
    asks="A condition tests for a feature, not for a platform's name.",
    flags="a new condition on `sys.platform`, `platform.system()`, `os.uname()`",
    spares="a condition that guards a `raise`; `os.name`; `virt_type`; messages",
    find=in_each_hunk(find_platform_tests),
)
