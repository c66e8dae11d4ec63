"""The keys of each verb's JSON, as docs/json-keys.toml declares them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).resolve().parents[2] / "docs/json-keys.toml"
Steps = tuple[str, ...]
"""A path taken apart: `a[].b` is `("a", "[]", "b")`."""


@dataclass(frozen=True, slots=True)
class JsonKeys:
    """What each verb prints, a table of paths and meanings."""

    tables: dict[str, dict[str, str]]
    """By verb; `document` is what every document has. `@VERB` stands for what VERB prints."""

    def of(self, verb: str) -> tuple[tuple[str, str], ...]:
        """Give the paths of a verb's own keys with their meanings; empty if it has none."""
        return tuple(
            (path, f"what `{text[1:]}` prints" if text.startswith("@") else text)
            for path, text in self.tables.get(verb, {}).items()
        )

    def undeclared(self, verb: str, document: Any) -> list[str]:
        """Name the paths of a document that are declared neither for its verb nor for all."""
        declared = [*self._declared("document"), *self._declared(verb)]
        return [
            ".".join(path).replace(".[]", "[]")
            for path in _paths(document)
            if not any(_covers(one, path) for one in declared)
        ]

    def _declared(self, verb: str) -> Iterator[Steps]:
        for path, text in self.tables[verb].items():
            yield _split(path)
            if text.startswith("@"):
                for below in ("document", text[1:]):
                    yield from ((*_split(path), *steps) for steps in self._declared(below))


def load_json_keys(path: Path = SOURCE) -> JsonKeys:
    """Read the declaration and put in the shared tables that verbs take over."""
    raw = tomllib.loads(path.read_text("utf-8"))
    tables = {"document": raw["shared"]["document"]}
    for verb, keys in raw["verbs"].items():
        tables[verb] = {}
        for name in keys.pop("*", ()):
            tables[verb].update(raw["shared"][name])
        tables[verb].update(keys)
    return JsonKeys(tables)


def _split(path: str) -> Steps:
    return tuple(part for part in path.replace("[]", ".[]").split(".") if part)


def _paths(value: Any, path: Steps = ()) -> Iterator[Steps]:
    """Give the path of every scalar, and of everything empty."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _paths(inner, (*path, key))
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _paths(inner, (*path, "[]"))
    else:
        yield path


def _covers(declared: Steps, path: Steps) -> bool:
    """Tell whether the path is declared; null or nothing may stand for anything below it."""
    agree = all(one in ("*", other) for one, other in zip(declared, path, strict=False))
    return agree and len(path) <= len(declared)
