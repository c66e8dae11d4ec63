"""Writing a host.toml to be edited: every key, what it is for, what it takes, its default."""

from __future__ import annotations

import json
import textwrap
from dataclasses import fields
from typing import Any, cast

from freebsd_port.core.host.answers import Answers
from freebsd_port.core.host.answers_file import rules_of

_HEAD = """\
# What freebsd-port is to know of this host. Each key stands here with its default, which is for one
# machine that runs everything. Take the # away before a key to change it. Passwords do not belong
# here: see `freebsd-port host config --help`.
"""


def render_answers() -> bytes:
    """Give the file with every default; `parse_answers(render_answers()) == Answers()`."""
    parts = [_HEAD]
    for section in fields(Answers):
        kind = cast(type, section.default_factory)
        parts.append(f"\n# {_first_line(kind)}\n[{section.name}]\n")
        for key, (rule, default) in rules_of(kind).items():
            told = textwrap.wrap(f"{rule.comment} Allowed is {rule.allowed}.", 96)
            parts += [f"# {line}\n" for line in told]
            parts.append(f"#{key} = {_value(default)}\n")
    return "".join(parts).encode()


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").splitlines()[0]


def _value(default: Any) -> str:
    return json.dumps(default)  # which TOML reads too, for text and whole numbers
