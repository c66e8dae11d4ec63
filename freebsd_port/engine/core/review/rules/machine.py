"""The rule that a patch holds no fact of the machine on which it was written."""

from __future__ import annotations

import ast
import ipaddress
import re
from collections.abc import Iterator, Sequence

from freebsd_port.engine.core.patch.change import FileChange
from freebsd_port.engine.core.review.hunk_text import HunkTextLine, added
from freebsd_port.engine.core.review.rules.rule import ReadPatch, Rule, Spot, in_each_hunk

HOME = re.compile(r"(?<![\w.])/(usr/)?(home|Users)/\w[\w.-]*|(?<![\w./])/root/\w*")
_COMPAT = re.compile(r"(?<!\w)/compat/\w+")
_ADDRESS = re.compile(r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3})(?![\w.])")
_MAC = re.compile(r"(?<![\w:])[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}(?![\w:])")
_PCI = re.compile(r"(?<![\w:])([0-9a-f]{4}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7](?![\w.])|\bpci\d+:\d+")
_USER = re.compile(r"\b(getpwnam|getgrnam)\(\s*['\"](?!root['\"]|wheel['\"])\w+")
_ASSIGNMENT = re.compile(r"(\w[\w., ]*?) = (\S.*)")
_MOST_LINES = 60
_SIZE = re.compile(r"cpu|core|socket|thread|mem|ram|disk", re.IGNORECASE)

_PATTERNS = (
    (HOME, "a home directory of one machine, {}"),
    (
        _COMPAT,
        "{} exists only where Linux's files are mounted, which FreeBSD does not do by itself",
    ),
    (_MAC, "the hardware address of one machine, {}"),
    (_PCI, "the PCI device of one machine, {}"),
    (_USER, "a user or group that only some machines have, {}"),
)


def find_machine_facts(lines: Sequence[HunkTextLine]) -> Iterator[tuple[int, str]]:
    """Give line and remark of each fact of one machine in the added code."""
    code = [line for line in added(lines) if not line.bare.startswith("#")]
    for line in code:
        for pattern, remark in _PATTERNS:
            if match := pattern.search(line.text):
                yield line.line, remark.format(f"`{match[0]}`")
        for match in _ADDRESS.finditer(line.text):
            if is_machine_address(match[1]):
                yield line.line, f"the address of one machine, `{match[1]}`"
    yield from _find_sizes(code)


def is_machine_address(text: str) -> bool:
    """Tell whether an IPv4 address is some machine's, not one that is the same everywhere."""
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return False
    is_documentation = any(
        address in ipaddress.IPv4Network(net)
        for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "0.0.0.0/8")
    )
    return not (
        is_documentation
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address == ipaddress.IPv4Address("255.255.255.255")
    )


def _find_sizes(code: Sequence[HunkTextLine]) -> Iterator[tuple[int, str]]:
    """Find names of CPUs, memory or disks that are set to nothing but numbers."""
    for index, line in enumerate(code):
        match = _ASSIGNMENT.match(line.bare)
        if match and _SIZE.search(match[1]) and _is_size(match[2], code[index + 1 :]):
            yield line.line, f"a size of one machine: `{line.bare}` is not asked of the system"


def _is_size(value: str, following: Sequence[HunkTextLine]) -> bool:
    """Tell whether a value, of several lines where a bracket is open, is of constants only."""
    lines = iter(following[:_MOST_LINES] if value.startswith(("(", "[", "{")) else ())
    while True:
        try:
            tree = ast.parse(value, mode="eval")
            ast.literal_eval(tree)
        except SyntaxError:
            if (line := next(lines, None)) is None:
                return False
            value = f"{value}\n{line.text}"
        except (ValueError, TypeError, MemoryError, RecursionError):
            return False
        else:
            break
    numbers = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return any(type(number) is int and number > 1 for number in numbers)


def find_foreign_paths(change: FileChange) -> Iterator[tuple[int, str]]:
    """Give line and remark where the file to change is named as one machine has it."""
    for side in (change.new, change.old):
        if side and side.name and side.name.startswith(b"/"):
            line = change.hunks[0].line - 1 if change.hunks else change.line
            name = side.name.decode("utf-8", "backslashreplace")
            yield line, f"the file is named by its path on one machine, `{name}`"
            return


def _find_in_patch(read: ReadPatch) -> Iterator[Spot]:
    for change in read.patch.changes:
        yield from (Spot(*found) for found in find_foreign_paths(change))
    yield from in_each_hunk(find_machine_facts)(read)


RULE = Rule(
    name="machine-fact",
    level="warning",
    asks="No path, address, user or size comes from one machine.",
    flags=(
        "home directories, `/compat/linux`, IPv4 and hardware addresses, PCI devices, users; "
        "constants for numbers of CPUs, memory or disks; a file name that is a path on one "
        "machine"
    ),
    spares="loopback, link-local and documentation addresses",
    find=_find_in_patch,
)
