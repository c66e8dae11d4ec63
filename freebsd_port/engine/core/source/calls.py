"""Signatures of functions, and whether a call fits one."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from freebsd_port.engine.core.source.scope import UNPARSED

_BRACKETS = re.compile(rb"""[()\[\]{}]|'[^'\n]*'|"[^"\n]*"|\#.*""")


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes."""

    positional: tuple[str, ...]
    """Names that may be given by position, in order."""

    by_position_only: int
    """How many of them have no name to a caller."""

    optional: frozenset[str]
    """Those, and of `keywords`, that have a default."""

    keywords: tuple[str, ...]
    """Names that can be given by name only."""

    takes_more: bool
    """Whether any number may be given by position."""

    takes_any: bool
    """Whether any name may be given."""

    def without_first(self) -> Signature:
        """Give the signature of a method that is called on its object."""
        return replace(
            self,
            positional=self.positional[1:],
            by_position_only=max(self.by_position_only - 1, 0),
        )


def read_head(lines: Sequence[bytes]) -> bytes:
    """Give the head of the function that begins these lines, up to its colon."""
    depth = 0
    head: list[bytes] = []
    for line in lines[:200]:
        head.append(line)
        for mark in _BRACKETS.findall(line):
            depth += (mark in b"([{") - (mark in b")]}") if len(mark) == 1 else 0
        if depth <= 0:
            break
    return b"".join(head)


def read_signature(lines: Sequence[bytes]) -> Signature | None:
    """Read the signature of the function that begins these lines; None if it cannot be read."""
    head = read_head(lines).lstrip()
    try:
        (node,) = ast.parse(_with_body(head)).body
    except (*UNPARSED, TypeError):
        return None
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    takes = node.args
    positional = [one.arg for one in (*takes.posonlyargs, *takes.args)]
    defaulted = positional[len(positional) - len(takes.defaults) :] if takes.defaults else []
    named = [
        one.arg
        for one, default in zip(takes.kwonlyargs, takes.kw_defaults, strict=True)
        if default is not None
    ]
    return Signature(
        tuple(positional), len(takes.posonlyargs), frozenset((*defaulted, *named)),
        tuple(one.arg for one in takes.kwonlyargs), takes.vararg is not None,
        takes.kwarg is not None,
    )  # fmt: skip


def _with_body(head: bytes) -> bytes:
    """Give a head a body, unless its own stands on the same line."""
    code = re.sub(rb"#.*", b"", head.rstrip().rpartition(b"\n")[2]).rstrip()
    return head.rstrip() + b"\n    pass\n" if code.endswith(b":") else head


def find_misfit(call: ast.Call, takes: Signature) -> str | None:
    """Say why a call does not fit, without a full stop; None if it fits, or nobody can tell."""
    has_star = any(isinstance(one, ast.Starred) for one in call.args)
    has_double = any(one.arg is None for one in call.keywords)
    given = [one.arg for one in call.keywords if one.arg is not None]
    count = sum(not isinstance(one, ast.Starred) for one in call.args)
    if count > len(takes.positional) and not takes.takes_more:
        most = len(takes.positional)
        return f"it takes at most {most} positional argument{'s' * (most != 1)}, not {count}"
    by_position = takes.positional[:count]
    known = {*takes.positional[takes.by_position_only :], *takes.keywords}
    for name in given:
        if name not in known and not takes.takes_any:
            return f"it takes no argument {name!r}"
        if name in by_position and name in known:
            return f"it gets the argument {name!r} twice"
    if has_double:
        return None
    named = known.intersection(given)
    lacking = [
        name
        for name in (*(() if has_star else takes.positional[count:]), *takes.keywords)
        if name not in takes.optional and name not in named
    ]
    if lacking:
        return f"it needs the argument {lacking[0]!r}"
    return None
