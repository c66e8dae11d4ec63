"""What every page of a review has: head, top bar, filter, help. What is between is its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from freebsd_port.engine.core.review.facts import SeriesFacts
from freebsd_port.engine.core.review.flags import FLAGS
from freebsd_port.engine.core.review.site.markup import (
    INDEX,
    ORDER,
    SCRIPT,
    STYLE,
    Html,
    element,
    join,
    plain,
    show,
    void,
)

_POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; base-uri 'none'; "
    "object-src 'none'; form-action {form}; connect-src {form}; "
    "require-trusted-types-for 'script'; trusted-types freebsd-port"
)
"""`file:` because a page opened from a disk has no origin that 'self' could mean everywhere."""

_KEYS = (
    ("j / k", "next or previous hunk; on the overview, patch"),
    ("n / p", "next or previous patch that matches the filter"),
    ("o", "overview"),
    ("u", "unfold the whole file around the hunk, or fold it"),
    ("s", "side by side or unified, on a wide screen"),
    ("/", "go to the search field"),
    ("t", "dark or light"),
    ("Esc", "leave a field, close this list"),
    ("?", "show this list"),
)
_DECIDING_KEYS = (("a", "approve the hunk"), ("r", "go to its note, to request changes"))


@dataclass(frozen=True, slots=True)
class Frame:
    """What the pages of one site have in common."""

    facts: SeriesFacts
    project: str | None = None
    """Key of the project whose server stands behind the pages and writes decisions, or None."""

    @property
    def can_decide(self) -> bool:
        """Tell whether the pages have buttons that decide."""
        return self.project is not None

    @property
    def older(self) -> tuple[str, ...]:
        """Give the releases that a change can be since: all but the one shown."""
        return tuple(one for one in self.facts.releases if one != self.facts.release)

    def live(self, key: str) -> str | None:
        """Name a part that the script takes from the page as it is after a decision.

        Such a part holds no field: what is typed into one has to stay.
        """
        return key if self.can_decide else None


def render_page(
    frame: Frame,
    title: str,
    main: Sequence[Html],
    *,
    root: str,
    kind: str,
    tools: Html | None = None,
    **data: str | None,
) -> bytes:
    """Give the whole page; `root` leads from it to the site's, `kind` names it for the style.

    `tools` stand in the top bar; `data` are attributes of its body that the script reads.
    """
    body = element(
        "body",
        element("a", "Skip to the content", class_="skip", href="#main"),
        _top_bar(frame, root, kind, tools),
        element("main", *main, id="main", tabindex="-1"),
        element("output", id="said", class_="aside", aria_live="polite")
        if frame.can_decide
        else None,
        _help(frame),
        class_=kind,
        data_root=root,
        data_project=frame.project,
        **data,
    )
    page = element("html", _head(frame, title, root), body, lang="en")
    return f"<!doctype html>\n{page}\n".encode()


def _head(frame: Frame, title: str, root: str) -> Html:
    return element(
        "head",
        void("meta", charset="utf-8"),
        void(
            "meta",
            http_equiv="Content-Security-Policy",
            content=_POLICY.format(form="'self'" if frame.can_decide else "'none'"),
        ),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        void("meta", name="color-scheme", content="light dark"),
        void("meta", name="referrer", content="same-origin"),
        element("title", plain(title)),
        void("link", rel="stylesheet", href=root + STYLE),
        element("script", src=root + SCRIPT),
        element("script", src=root + ORDER, defer=True),
    )


def _top_bar(frame: Frame, root: str, kind: str, tools: Html | None) -> Html:
    brand = element(
        "a",
        element("span", "freebsd-port", class_="brand"),
        Html(" "),
        element("span", f"review of {frame.facts.release}", class_="shown"),
        href=root + INDEX,
        class_="home",
        aria_current="page" if kind == "overview" else None,
    )
    split = element(
        "button",
        "Side by side",
        type="button",
        id="split",
        class_="quiet scripted",
        aria_pressed="false",
    )
    buttons = element(
        "div",
        tools,
        split if kind == "patch" else None,
        element("button", "Dark", type="button", id="theme", class_="quiet scripted"),
        element("button", "Keys", type="button", id="keys", class_="quiet scripted"),
        class_="tools",
    )
    return element("header", element("div", brand, buttons, class_="bar"), class_="top")


def filter_bar(frame: Frame, counts: dict[str, int], what: str) -> Html:
    """Give the filter over `what`, `patches` or `hunks`, with how many of those each flag has.

    The script shows and works it; without one it stays hidden.
    """
    toggles = element(
        "span",
        element("span", f"{what.capitalize()}:", class_="of"),
        join(_toggle(flag, label, counts[flag], what) for flag, label in FLAGS.items()),
        class_="toggles",
        data_live=frame.live("toggles"),
    )
    options = [element("option", "any release", value="")]
    options += [element("option", one, value=one) for one in frame.older]
    since = element(
        "label", "Changed since ", element("select", *options, name="since"), class_="since"
    )
    return element(
        "form",
        void(
            "input",
            type="search",
            name="q",
            placeholder="Search names, prose and code",
            aria_label=f"Search {what} by name, prose and code",
            autocomplete="off",
            spellcheck="false",
        ),
        toggles,
        since if frame.older else None,
        element("output", class_="left", aria_live="polite"),
        element("button", "Show all", type="reset", class_="quiet"),
        class_="filter scripted",
        role="search",
        aria_label=f"Filter {what}",
        data_what=what,
    )


def _toggle(flag: str, label: str, many: int, what: str) -> Html:
    unit = what if many != 1 else {"patches": "patch", "hunks": "hunk"}[what]
    return element(
        "button",
        label,
        Html(" "),
        element("span", str(many), class_="many"),
        element("span", f" {unit}", class_="aside"),
        type="button",
        aria_pressed="false",
        hidden=many == 0,
        data_flag=flag,
    )


def _help(frame: Frame) -> Html:
    keys = _KEYS + (_DECIDING_KEYS if frame.can_decide else ())
    rows = [
        element("div", element("dt", element("kbd", key)), element("dd", text))
        for key, text in keys
    ]
    use_keys = element(
        "label", void("input", type="checkbox", id="use-keys", checked=True), " Keys are on"
    )
    decide = "A decision is kept in the project: "
    return element(
        "dialog",
        element("h2", "Keys", id="help-title"),
        element("dl", *rows),
        element("p", use_keys),
        None
        if frame.can_decide
        else element("p", decide, element("code", "freebsd-port review --approve HUNK --by NAME")),
        element("form", element("button", "Close"), method="dialog"),
        id="help",
        aria_labelledby="help-title",
    )


def paragraphs(prose: str) -> Html:
    """Give prose as paragraphs; one with indented lines or a list keeps its lines."""
    found = []
    for block in prose.split("\n\n"):
        lines = block.strip("\n").split("\n")
        is_laid_out = any(line.startswith((" ", "\t", "- ", "* ")) for line in lines)
        found.append(
            element("pre", "\n".join(lines)) if is_laid_out else element("p", show(" ".join(lines)))
        )
    return element("div", *found, class_="prose")
