"""Render the reference as Markdown pages for the site, and README's table of verbs."""

from __future__ import annotations

from collections.abc import Sequence

from manual.json_keys import JsonKeys
from manual.read_help import Page


def render_page(page: Page, keys: JsonKeys) -> str:
    """Give one verb's page."""
    title = " ".join(page.words)
    parts = [
        f"# `{title}`",
        _sentence(page.summary),
        "```text\n" + " ".join([title, "[OPTIONS]", *page.arguments]) + "\n```",
        *page.paragraphs,
    ]
    for heading, verbs in page.verbs:
        below = [f"{page.name}-{verb}" for verb, _ in verbs]
        rows = [(f"[`{v}`]({f}.md)", told) for f, (v, told) in zip(below, verbs, strict=True)]
        parts += [f"## {heading}", _table(("verb", "what it does"), rows)]
    parts += ["## Options", _options(page)]
    if page.examples:
        parts += ["## Examples", "```sh\n" + "\n".join(page.examples) + "\n```"]
    statuses = [(str(number), told) for number, told in page.statuses]
    parts += ["## Exit status", _table(("status", "meaning"), statuses)]
    if own := keys.of(page.verb):
        rows = [(f"`{path}`", told) for path, told in own]
        parts += [
            "## JSON keys",
            "With `--json`, besides the [keys of every document](index.md#json):",
            _table(("key", "meaning"), rows),
        ]
    return "\n\n".join(parts) + "\n"


def render_index(pages: Sequence[Page], keys: JsonKeys) -> str:
    """Give the reference's front page: every verb, and what holds for all of them."""
    main, below = pages[0], {page.words: page for page in pages[1:]}
    sections = []
    for heading, verbs in main.verbs:
        rows = [
            (f"[`{' '.join(words[1:])}`]({page.name}.md)", page.summary)
            for verb, _ in verbs
            for words, page in below.items()
            if words[1] == verb
        ]
        sections += [f"### {heading}", _table(("verb", "what it does"), rows)]
    shared = [(f"`{path}`", told) for path, told in keys.of("document")]
    toctree = ["```{toctree}", ":hidden:", "", *(page.name for page in pages), "```"]
    statuses = [(str(number), told) for number, told in main.statuses]
    return (
        "\n\n".join(
            [
                "# Command line",
                "This part is generated from the help of the commands. The same text is installed "
                "as man pages: `man freebsd-port-rebase`.",
                "## Verbs",
                *sections,
                "## JSON",
                "With `--json` a verb prints one JSON document on standard output, whatever "
                "happens. A path such as `patches[].name` means: the key `name` of each element "
                "of `patches`. Every document has these keys:",
                _table(("key", "meaning"), shared),
                "## Exit status",
                _table(("status", "meaning"), statuses),
                "\n".join(toctree),
            ]
        )
        + "\n"
    )


def render_verbs(page: Page) -> str:
    """Give README's table: every verb with its one-line help."""
    rows = [
        (heading if index == 0 else "", f"`{verb}`", told.rstrip("."))
        for heading, verbs in page.verbs
        for index, (verb, told) in enumerate(verbs)
    ]
    return _table(("to", "verb", "what it does"), rows) + "\n"


def _options(page: Page) -> str:
    parts = []
    for option in page.options:
        value = f" {option.value}" if option.value else ""
        names = ", ".join(f"`{name}{value}`" for name in option.names)
        told = option.help + (" It may be repeated." if option.is_repeatable else "")
        parts.append(f"{names}\n: {told}")
    return "\n\n".join(parts)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)
