"""The rule that a test runs for a stranger: on any machine, without rights, without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from freebsd_port.engine.core.review.hunk_text import HunkTextLine, added
from freebsd_port.engine.core.review.rules.machine import HOME, is_machine_address
from freebsd_port.engine.core.review.rules.rule import Rule, in_each_hunk, is_test

_ADDRESS = re.compile(r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3})(?![\w.])")
_HOST = re.compile(
    r"\b(https?|ssh|amqp|rabbit|mysql(?:\+\w+)?)://(?:[^/@'\"\s]*@)?([\w.-]+)", re.IGNORECASE
)
_ANYWHERE = re.compile(r"(^|\.)(example(\.(com|org|net))?|localhost|test|invalid)$|^127\.")
_RIGHTS = re.compile(r"['\"\s](sudo|doas|su -)['\"\s]")
_ACCOUNT = re.compile(r"\bos\.environ\[['\"](HOME|USER|OS_PASSWORD|OS_AUTH_URL)['\"]\]|\bgetpass\b")


def find_strange_needs(lines: Sequence[HunkTextLine]) -> Iterator[tuple[int, str]]:
    """Give line and remark of each added line of a test that needs what a stranger lacks."""
    for line in added(lines):
        if line.is_code and (need := _need(line.text)):
            yield line.line, f"not everyone can run this test: it needs {need}"


def _need(text: str) -> str | None:
    if match := HOME.search(text):
        return f"`{match[0]}`"
    if match := _RIGHTS.search(text):
        return f"{match[1]} rights"
    if match := _ACCOUNT.search(text):
        return f"a personal account, `{match[0]}`"
    for match in _HOST.finditer(text):
        if not _ANYWHERE.search(match[2]):
            return f"the host {match[2]}"
    found = next((m[1] for m in _ADDRESS.finditer(text) if is_machine_address(m[1])), None)
    return f"the address {found}" if found else None


RULE = Rule(
    name="test-for-strangers",
    level="warning",
    asks="A test needs no home directory, privileges or network.",
    flags=(
        "a test with a home directory, sudo, a host in somebody's network, credentials from the "
        "environment"
    ),
    spares="`example.com`, localhost",
    find=in_each_hunk(find_strange_needs, where=is_test),
)
