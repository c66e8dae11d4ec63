"""Answers as an operator writes them, without a file."""

from __future__ import annotations

import json
from collections.abc import Mapping

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.answers_file import AnswerFault, parse_answers


def host_toml(**sections: Mapping[str, object]) -> bytes:
    """The text of host.toml with these keys."""
    lines = []
    for title, keys in sections.items():
        lines.append(f"[{title}]")
        lines += [f"{key} = {_value(value)}" for key, value in keys.items()]
    return "\n".join([*lines, ""]).encode()


def _value(value: object) -> str:
    """A value of TOML: as JSON has it, without surrogates and without a bare DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def answer(**sections: Mapping[str, object]) -> Answers:
    """The answers of a host.toml with these keys, all of which are allowed."""
    found = parse_answers(host_toml(**sections))
    assert isinstance(found, Answers), found
    return found


def faults(**sections: Mapping[str, object]) -> tuple[AnswerFault, ...]:
    """What is wrong with these keys."""
    found = parse_answers(host_toml(**sections))
    return () if isinstance(found, Answers) else found
