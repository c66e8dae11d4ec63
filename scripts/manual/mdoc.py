"""Render the reference as man pages. Source: mdoc(7)."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from manual.json_keys import JsonKeys
from manual.read_help import Option, Page

ENVIRONMENT = (
    ("FREEBSD_PORT_PROJECT", "The project, if --project is not given."),
    ("NO_COLOR", "If set, output has no colours."),
    ("PAGER", "Program that shows a review; empty for none."),
    ("VISUAL", "Editor of edit and header."),
    ("EDITOR", "The same, where VISUAL is not set."),
    ("XDG_CACHE_HOME", "Where wheels and results are kept, in freebsd-port; ~/.cache unless set."),
)
_WHOLE: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
FILES = (
    (".venvs/RELEASE", "The environment of a release."),
    (".freebsd-port", "What is applied, originals and journal, next to the patched packages."),
    ("/usr/local/etc/freebsd-port/host.toml", "The answers that freebsd-port host reads."),
)


def render_man(page: Page, pages: Sequence[Page], keys: JsonKeys, day: date) -> str:
    """Give one page, in mdoc(7), with every sentence on a line of its own."""
    lines = [
        f".Dd {day:%B} {day.day}, {day.year}",
        f".Dt {page.name.upper()} 1",
        ".Os",
        ".Sh NAME",
        f".Nm {page.name}",
        f".Nd {_inline(page.summary[:1].lower() + page.summary[1:])}",
        ".Sh SYNOPSIS",
        f".Nm {' '.join(page.words[:1])}",
        *([f".Cm {' '.join(page.words[1:])}"] if page.verb else []),
        ".Op Ar options",
        *(f".Ar {_macro_word(argument)}" for argument in page.arguments),
        ".Sh DESCRIPTION",
        *_sentences(f"{page.summary}."),
    ]
    for text in page.paragraphs:
        lines += [".Pp", *_sentences(text)]
    lines += [".Pp", "The options are:", *_tagged(_option(one) for one in page.options)]
    for heading, verbs in page.verbs:
        lines += [f".Ss {heading}", *_tagged((f".It Cm {verb}", told) for verb, told in verbs)]
    if own := keys.of(page.verb):
        lines += [
            ".Sh JSON OUTPUT",
            "With",
            ".Fl -json",
            "one document is printed, with these keys besides those of every document, which",
            ".Xr freebsd-port 1",
            "lists:",
            *_tagged((f".It Li {_macro_word(path)}", told) for path, told in own),
        ]
    if not page.verb:
        lines += _program_sections(keys)
    lines += [
        ".Sh EXIT STATUS",
        *_tagged((f".It {number}", told) for number, told in page.statuses),
    ]
    if page.examples:
        shown = [_literal(line) for line in page.examples]
        lines += [".Sh EXAMPLES", ".Bd -literal", *shown, ".Ed"]
    return "\n".join([*lines, *_see_also(page, pages)]) + "\n"


def _program_sections(keys: JsonKeys) -> list[str]:
    return [
        ".Sh JSON OUTPUT",
        "With",
        ".Fl -json",
        "a verb prints one document, whatever happens.",
        *_sentences(
            "In a path, a.b is b in the object a, and a[].b is b in each element of the list a. "
            "Every document has these keys:"
        ),
        *_tagged((f".It Li {_macro_word(path)}", told) for path, told in keys.of("document")),
        ".Sh ENVIRONMENT",
        *_tagged((f".It Ev {name}", told) for name, told in ENVIRONMENT),
        ".Sh FILES",
        *_tagged((f".It Pa {name}", told) for name, told in FILES),
    ]


def _see_also(page: Page, pages: Sequence[Page]) -> list[str]:
    above = [one.name for one in pages if one.words == page.words[:-1]]
    below = [one.name for one in pages if one.words[:-1] == page.words]
    names = sorted({*above, *below, *([pages[0].name] if page.verb else [])})
    ends = [" ,"] * (len(names) - 1) + [""]
    rows = [f".Xr {name} 1{end}" for name, end in zip(names, ends, strict=True)]
    return [".Sh SEE ALSO", *rows]


def _option(option: Option) -> tuple[str, str]:
    value = f" Ar {_macro_word(option.value)}" if option.value else ""
    names = " , ".join(f"Fl {_macro_word(name[1:])}{value}" for name in option.names)
    told = option.help + (" It may be repeated." if option.is_repeatable else "")
    return f".It {names}", told


def _tagged(rows: Iterator[tuple[str, str]] | Sequence[tuple[str, str]]) -> list[str]:
    lines = [".Bl -tag -width Ds"]
    for head, told in rows:
        lines += [head, *_sentences(told[:1].upper() + told[1:])]
    return [*lines, ".El"]


def _sentences(text: str) -> list[str]:
    """Break text where a sentence ends; mdoc makes the space, and no line is a request."""
    parts = re.split(r"(?<=[A-Za-z0-9`)][.?!]) (?=[A-Z`])", " ".join(text.split()))
    wrapped = [line for part in parts for line in textwrap.wrap(_inline(part), 78, **_WHOLE)]
    return [_guard(line) for line in wrapped]


def _inline(text: str) -> str:
    """Escape text; what stands in backquotes becomes bold."""
    pieces = text.split("`")
    return "".join(
        rf"\fB{_escape(piece)}\fP" if index % 2 else _escape(piece)
        for index, piece in enumerate(pieces)
    )


def _escape(text: str) -> str:
    return text.replace("\\", r"\e")


def _literal(line: str) -> str:
    return _guard(_escape(line).replace("-", r"\-"))


def _guard(line: str) -> str:
    return rf"\&{line}" if line[:1] in (".", "'") else line


def _macro_word(word: str) -> str:
    """Give a word that stays one argument of a macro and is not called as a macro itself."""
    shown = _escape(word).replace('"', '""')
    shown = rf"\&{shown}" if re.match(r"[A-Z][a-z]$|[|.,:;()\[\]?!]$", word) else shown
    return f'"{shown}"' if re.search(r"\s", word) else shown
