"""Read host.toml, every finding at once with its line; and write one to be edited.

tomllib gives values without lines, so a key's line is searched for when there is a finding.
"""

from __future__ import annotations

import difflib
import json
import re
import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, cast

from freebsd_port.host.core.answer_rules import AnswerRule
from freebsd_port.host.core.answers import Answers

_HEADER = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?")
_ASSIGNED = re.compile(r"\s*([\w.\"' -]+?)\s*=")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_IN_URL = re.compile(r"(://[^:@]*:).*@")
"""A password in a URL, which is refused and must not be repeated."""


@dataclass(frozen=True, slots=True)
class AnswerFault:
    """Something that host.toml should not say."""

    what: str
    line: int | None
    """1-based; None where it cannot be told."""


def parse_answers(data: bytes) -> Answers | tuple[AnswerFault, ...]:
    """Read the file. What it leaves out is as the defaults have it."""
    try:
        text = data.decode("utf-8")
        given = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        return (_unreadable(error),)
    known = {section.name: section for section in fields(Answers)}
    findings: list[AnswerFault] = []
    parsed: dict[str, dict[str, Any]] = {}
    for title, table in given.items():
        line = _line_of(text, title, None)
        if title not in known:
            name = f"[{title}]" if _BARE.fullmatch(title) else repr(title)
            findings.append(AnswerFault(f"no section {name}{_meant(title, known)}", line))
        elif not isinstance(table, dict):
            findings.append(AnswerFault(f"{title} is not a section; write [{title}]", line))
        else:
            parsed[title], faults = _parse_section(text, title, table, _rules(known[title]))
            findings += faults
    if findings:
        return tuple(findings)
    answers = Answers(**{title: _section(known[title])(**keys) for title, keys in parsed.items()})
    return tuple(_at_odds(text, answers)) or answers


def _parse_section(
    text: str, title: str, table: dict[str, Any], rules: dict[str, AnswerRule]
) -> tuple[dict[str, Any], list[AnswerFault]]:
    parsed: dict[str, Any] = {}
    faults: list[AnswerFault] = []
    for key, value in table.items():
        line = _line_of(text, title, key)
        if key not in rules:
            faults.append(AnswerFault(f"no key {key!r} in [{title}]{_meant(key, rules)}", line))
            continue
        try:
            parsed[key] = rules[key].parse(value)
        except ValueError:
            shown = _IN_URL.sub(r"\1***@", repr(value))
            what = f"[{title}] {key} is {shown}, allowed is {rules[key].allowed}"
            faults.append(AnswerFault(what, line))
    return parsed, faults


def _at_odds(text: str, answers: Answers) -> Iterator[AnswerFault]:
    """Find answers that are right alone and wrong together."""
    libvirt = answers.libvirt
    if libvirt.uri not in (f"{libvirt.virt_type}:///system", "test:///default"):
        what = f"[libvirt] uri is {libvirt.uri}, which is not for virt_type {libvirt.virt_type}"
        yield AnswerFault(what, _line_of(text, "libvirt", "uri"))
    dataset = answers.disks.dataset
    if dataset and not libvirt.is_bhyve:
        what = (
            f"[disks] dataset is {dataset}, and ZFS volumes are for virt_type bhyve only: "
            f"leave it out for {libvirt.virt_type}"
        )
        yield AnswerFault(what, _line_of(text, "disks", "dataset"))
    console = answers.console
    if console.first_port > console.last_port:
        what = f"[console] first_port is {console.first_port}, above last_port {console.last_port}"
        yield AnswerFault(what, _line_of(text, "console", "first_port"))
    taken: dict[int, str] = {}
    for title, key, port in (
        ("api", "port", answers.api.port),
        ("metadata", "port", answers.metadata.port),
        ("console", "novnc_port", console.novnc_port),
        ("console", "serial_port", console.serial_port),
    ):
        name = f"[{title}] {key}"
        line = _line_of(text, title, key)
        if console.first_port <= port <= console.last_port:
            within = f"{console.first_port} to {console.last_port}"
            yield AnswerFault(f"{name} is {port}, which is a port for consoles, {within}", line)
        if port in taken:
            yield AnswerFault(f"{name} is {port}, as is {taken[port]}", line)
        taken[port] = name


def rules_of(section: type) -> dict[str, tuple[AnswerRule, Any]]:
    """Give the rule and the default of each key of a section, in order."""
    found: dict[str, tuple[AnswerRule, Any]] = {}
    for key in fields(section):
        assert key.default is not MISSING  # noqa: S101 - every key has one
        found[key.name] = (cast(AnswerRule, key.metadata["rule"]), key.default)
    return found


def _section(section: Field[Any]) -> type:
    return cast(type, section.default_factory)


def _rules(section: Field[Any]) -> dict[str, AnswerRule]:
    return {key: rule for key, (rule, _) in rules_of(_section(section)).items()}


def _meant(word: str, known: dict[str, Any]) -> str:
    close = difflib.get_close_matches(word, known, 1)
    return f", did you mean {close[0]}?" if close else f"; there are {', '.join(known)}"


def _unreadable(error: ValueError) -> AnswerFault:
    found = re.search(r" \(at line (\d+), column \d+\)$", str(error))
    said = str(error)[: found.start()] if found else str(error)
    return AnswerFault(f"not TOML: {said[:1].lower() + said[1:]}", int(found[1]) if found else None)


def _line_of(text: str, title: str, key: str | None) -> int | None:
    """Find the line of a section or of a key in it; a line within a longer value is none."""
    wanted = title if key is None else f"{title}.{key}"
    section, before = "", ""
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        header, assigned = _HEADER.fullmatch(line.rstrip()), _ASSIGNED.match(line)
        found = header or assigned
        if found and _is_toml(before):
            name = re.sub(r"[\s\"']", "", found[1])
            name = f"{section}.{name}" if section and not header else name
            section = name if header else section
            if name == wanted:
                return number
        before += line
    return None


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


_HEAD = """\
# What freebsd-port has to know of this host. Each key is here with its default, which is for one
# machine that runs everything. Take the # away before a key to change it. Passwords do not belong
# here: see `freebsd-port host config --help`.
"""


def render_answers(answers: Answers) -> bytes:
    """Give the file with every key; only those that differ from the default are active.

    `parse_answers(render_answers(answers)) == answers`.
    """
    parts = [_HEAD]
    for section in fields(Answers):
        kind = cast(type, section.default_factory)
        parts.append(f"\n# {_first_line(kind)}\n[{section.name}]\n")
        for key, (rule, default) in rules_of(kind).items():
            told = textwrap.wrap(f"{rule.comment} Allowed is {rule.allowed}.", 96)
            parts += [f"# {line}\n" for line in told]
            value = getattr(getattr(answers, section.name), key)
            parts.append(f"{'#' if value == default else ''}{key} = {_value(value)}\n")
    return "".join(parts).encode()


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").splitlines()[0]


def _value(default: Any) -> str:
    return json.dumps(default if isinstance(default, int) else str(default))  # TOML reads it too
