"""The commands of docs/operate.md that take a host from nothing to verified, in their order."""

from __future__ import annotations

import re

from services.place import ROOT

GUIDE = ROOT / "docs/operate.md"
_SECTION = re.compile(r"^## The steps\n(.*?)^## ", re.DOTALL | re.MULTILINE)
_BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)


def read_commands() -> tuple[str, ...]:
    """Give each line of the blocks in the section of the steps; raises ValueError for none."""
    section = _SECTION.search(GUIDE.read_text("utf-8"))
    blocks = _BLOCK.findall(section[1]) if section else []
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    commands = tuple(line for line in lines if line)
    if not commands:
        raise ValueError(f"{GUIDE.name} has no commands below `The steps`")
    return commands
