"""The pages of a review: what stands on them, and that hostile text stays text."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st
from made_review import OLDER, SHOWN, decided, made_review, text_of

from freebsd_port.engine.core.patch.patch import parse_patch
from freebsd_port.engine.core.review.facts import (
    FourWay,
    HunkOnRelease,
    PlacementState,
    Remark,
    SeriesFacts,
)
from freebsd_port.engine.core.review.flags import NOTHING, PARTLY
from freebsd_port.engine.core.review.site.markup import INDEX, file_path, page_path
from freebsd_port.engine.core.review.site.site import Site

GREET = b"def greet(name):\n    return 'hello ' + name\n\n\ndef leave():\n    return 'bye'\n"
LOUD = GREET.replace(b"'hello ' + name", b"('hello ' + name).upper()")
POLITE = LOUD.replace(b"'bye'", b"'goodbye'")
ONE, TWO = "nova/greet-loudly.patch", "nova/leave-politely.patch"


def greetings(**facts: object) -> SeriesFacts:
    return made_review(
        {"nova/greet.py": GREET},
        [
            (ONE, text_of("greet: be loud", "nova/greet.py", GREET, LOUD)),
            (TWO, text_of("greet: be polite", "nova/greet.py", LOUD, POLITE)),
        ],
        **facts,  # type: ignore[arg-type]
    )


def read(facts: SeriesFacts, path: str, *, project: str | None = None) -> str:
    content = Site(facts, project=project).read(path)
    assert content is not None
    return content.decode()


class Reader(HTMLParser):
    """What a browser would make of a page: its elements, and that they are closed in order."""

    VOID = ("meta", "link", "input", "col")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def ids(self) -> list[str]:
        return [attrs["id"] or "" for _, attrs in self.elements if "id" in attrs]


def test_the_overview_has_a_row_for_each_patch_and_a_column_for_each_release() -> None:
    page = read(greetings(older={TWO: "miss"}), INDEX)
    rows = re.findall(r"<tr data-flags.*?</tr>", page)
    assert [page_path(name) in row for name, row in zip((ONE, TWO), rows, strict=True)] == [
        True
    ] * 2
    assert [re.findall(r'class="placement (\w+)"', row) for row in rows] == [
        ["exact", "exact"],
        ["miss", "exact"],
    ]
    assert f'<th scope="col">{OLDER}</th><th scope="col" class="shown">{SHOWN}</th>' in page


def test_each_hunk_has_its_facts_on_the_page_of_its_patch() -> None:
    facts = greetings()
    hunk = facts.patches[0].hunks[0]
    finding = Remark(
        "platform-test", "warning", "asks for a platform", "x", hunk.hunk.line + 3, hunk.id
    )
    page = read(
        greetings(
            checks={hunk.id: ("test_greet",)},
            missed={hunk.id: ("return ('hello ' + name).upper()",)},
            findings={hunk.id: (finding,)},
            decision={hunk.id: decided(hunk, note="fine by me")},
        ),
        page_path(ONE),
    )
    assert f'id="hunk-{hunk.id}"' in page
    assert ">greet: be loud</h1>" in page
    assert "takes more than ten words to tell." in page
    for text in ("test_greet", "no check ran this line", "asks for a platform", "fine by me"):
        assert text in page
    assert "Approved</strong> by Ada Porter, <span" in page
    assert 'data-flags="findings uncovered"' in page


def test_the_text_of_another_release_stands_beside_with_what_differs_marked() -> None:
    facts = greetings()
    hunk = facts.patches[0].hunks[0]
    quiet = LOUD.replace(b".upper()", b".lower()")
    (other,) = parse_patch("o", text_of("s", "nova/greet.py", GREET, quiet)).changes[0].hunks
    reason = "the variant changes other lines"
    sides = (tuple(one) for one in (hunk.hunk.old, hunk.hunk.new, other.old, other.new))
    merge = FourWay("rewritten", reason, *sides)
    placements = tuple(
        HunkOnRelease(release, "rewritten", 7, 0, "x@2025.1.patch", "abc", "", False, other, merge)
        for release in ("2024.1", OLDER)
    )
    page = read(greetings(placements={hunk.id: placements}), page_path(ONE))
    details = re.findall(r'<details class="other">.*?</details>', page, re.DOTALL)
    assert len(details) == 1
    assert f"Variant for <strong>2024.1, {OLDER}</strong>: 1 line differs" in details[0]
    rows = re.findall(r'<tr class="([\w ]+)"><td class="n">(\d*)</td>', details[0])
    assert rows[:3] == [("k", "7"), ("r", "8"), ("a other", "")]
    panes = re.findall(r"<figcaption><strong>(\w+)</strong>.*?<code>(.*?)</code>", details[0], re.S)
    assert [name for name, _ in panes] == ["base", "ours", "theirs", "result"]
    texts = dict(panes)
    assert ".lower()" in texts["result"]
    assert ".upper()" in texts["ours"]
    assert texts["base"] == texts["theirs"]


def test_a_hunk_whose_surroundings_differ_stands_there_four_ways() -> None:
    facts = greetings()
    hunk = facts.patches[0].hunks[0]
    around = tuple(line.replace(b"def greet", b"def greet_all") for line in hunk.hunk.old)
    merge = FourWay(
        "merged", "the lines around it differ", hunk.hunk.old, hunk.hunk.new, around, hunk.hunk.new
    )
    placement = HunkOnRelease(OLDER, "exact", 7, 0, "x@2025.1.patch", None, "", merge=merge)
    page = read(greetings(placements={hunk.id: (placement,)}), page_path(ONE))
    (details,) = re.findall(r'<details class="other">.*?</details>', page, re.DOTALL)
    assert f"Merged for <strong>{OLDER}</strong>: the lines around it differ" in details
    assert details.count("<figure>") == 4
    assert "greet_all" in details


def test_a_finding_stands_below_its_line() -> None:
    facts = greetings()
    hunk = facts.patches[0].hunks[0]
    added = hunk.hunk.line + 3
    finding = Remark("rule", "note", "remark", "x", added, hunk.id)
    page = read(greetings(findings={hunk.id: (finding,)}), page_path(ONE))
    rows = re.findall(r'<tr class="(\w+)"', page)
    assert rows[: rows.index("remark") + 1] == ["k", "r", "a", "remark"]


def test_a_file_is_kept_once_and_leads_through_all_its_versions() -> None:
    site = Site(greetings())
    paths = list(site.paths())
    assert paths == [
        file_path("nova/greet.py"),
        "series.js",
        "search.js",
        page_path(ONE),
        page_path(TWO),
        INDEX,
    ]
    content = (site.read(paths[0]) or b"").decode()
    call = re.fullmatch(r'freebsdPort\.file\("([^"]+)",(.*)\);\n', content)
    assert call is not None
    assert call[1] == paths[0]
    value = json.loads(call[2])
    lines = value["base"]
    for steps, expected in zip(value["steps"], (LOUD, POLITE), strict=True):
        for start, removed, added in reversed(steps):
            lines[start : start + removed] = added
        assert "\n".join([*lines, ""]).encode() == expected
    page = (site.read(page_path(TWO)) or b"").decode()
    assert f'data-file="{paths[0]}" data-version="1"' in page


def test_a_file_that_a_patch_makes_and_one_that_it_takes_away_are_followed_too() -> None:
    made = text_of("make", "new.py", None, b"one\ntwo\n")
    gone = text_of("take away", "old.py", b"gone\n", None)
    facts = made_review({"old.py": b"gone\n"}, [("make.patch", made), ("take.patch", gone)])
    site = Site(facts)
    for path, base, steps in (
        ("new.py", [], [[[0, 0, ["one", "two"]]]]),
        ("old.py", ["gone"], [[[0, 1, []]]]),
    ):
        text = (site.read(file_path(path)) or b"").decode()
        assert json.loads(text[text.index("{") : -3]) == {"base": base, "steps": steps}
    page = read(facts, page_path("make.patch"))
    rows = re.findall(r'<tr class="a"><td class="n">(\d*)</td><td class="n">(\d*)</td>', page)
    assert rows == [("", "1"), ("", "2")]


def test_the_same_facts_give_the_same_bytes() -> None:
    first, second = Site(greetings()), Site(greetings())
    assert [first.read(path) for path in first.paths()] == [second.read(p) for p in second.paths()]


def test_only_a_server_has_buttons_that_decide_and_may_be_asked() -> None:
    for can_decide in (False, True):
        page = read(greetings(), page_path(ONE), project="0123456789ab" if can_decide else None)
        assert ('action="/decide"' in page) is can_decide
        policy = re.search(r'Policy" content="([^"]+)"', page)
        assert policy is not None
        assert "default-src &#x27;none&#x27;" in policy[1]
        assert ("form-action &#x27;self&#x27;" in policy[1]) is can_decide


def test_no_page_has_a_script_or_style_of_its_own() -> None:
    site = Site(greetings(), project="0123456789ab")
    for path in (INDEX, page_path(ONE)):
        reader = Reader((site.read(path) or b"").decode())
        scripts = [attrs for tag, attrs in reader.elements if tag == "script"]
        assert all((attrs["src"] or "").endswith(("review.js", "series.js")) for attrs in scripts)
        assert len(scripts) == 2
        assert not [attrs for tag, attrs in reader.elements if tag == "style" or "style" in attrs]
        assert not [key for _, attrs in reader.elements for key in attrs if key.startswith("on")]


HOSTILE = (
    '</td><script>alert("x")</script><img src=x onerror=alert(1)>',
    "\u202e }\u2066if admin\u2069 \u2066 begin",
    "\x1b]0;title\x07\x1b[31m",
    "' onmouseover='alert(1)' \"",
    "<!-- --> &lt; ]]>",
)


def test_hostile_text_is_shown_and_adds_no_element() -> None:
    plain = made_review({"a/x.py": b"a\n"}, [("a/p.patch", text_of("s", "a/x.py", b"a\n", b"b\n"))])
    names = {tag for path in Site(plain).paths() for tag, _ in elements(plain, path)}
    for text in HOSTILE:
        line = text.encode() + b"\n"
        data = text_of(text, "a/x.py", b"a\n", line).replace(
            b"Origin: vendor", f"Origin: {text}".encode()
        )
        facts = made_review(
            {"a/x.py": b"a\n"}, [(f"a/{text}.patch", data.replace(b"ten words", text.encode()))]
        )
        for path in Site(facts).paths():
            if path.endswith(".html"):
                added = {tag for tag, _ in elements(facts, path)} - names
                assert added <= {"mark"}
                page = read(facts, path)
                assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b\x07]", page)
    assert "U+202E" in read(
        made_review(
            {"a/x.py": b"a\n"},
            [("p.patch", text_of("s", "a/x.py", b"a\n", HOSTILE[1].encode() + b"\n"))],
        ),
        page_path("p.patch"),
    )


def elements(facts: SeriesFacts, path: str) -> list[tuple[str, dict[str, str | None]]]:
    if not path.endswith(".html"):
        return []
    reader = Reader(read(facts, path, project="0123456789ab"))
    assert len(set(reader.ids())) == len(reader.ids())
    return reader.elements


def test_a_line_of_a_megabyte_is_cut_and_the_rest_counted() -> None:
    line = b"x = '" + b"<" * 1_000_000 + b"'\n"
    facts = made_review({"a.py": b"a\n"}, [("p.patch", text_of("s", "a.py", b"a\n", line))])
    page = read(facts, page_path("p.patch"))
    assert "998,006 more characters are not shown" in page
    assert len(page) < 40_000


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"")), st.text(max_size=20))
def test_any_bytes_and_any_name_make_pages_that_are_well_formed(line: bytes, name: str) -> None:
    data = b"Subject: s\n\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a\n+" + line + b"\n"
    facts = made_review({"a.py": b"a\n"}, [(f"{name}.patch", data)])
    for path in Site(facts).paths():
        elements(facts, path)
        content = Site(facts).read(path)
        assert content is not None
        content.decode("utf-8")


@given(st.lists(st.text(min_size=1, max_size=30), unique=True, max_size=8))
def test_no_two_names_share_a_file_and_all_are_plain(names: list[str]) -> None:
    found = [page_path(name).lower() for name in names]
    assert len(set(found)) == len(names)
    assert all(re.fullmatch(r"patches/[a-z0-9_.-]{1,110}\.html", path) for path in found)


def test_names_that_capitals_or_slashes_tell_apart_have_files_of_their_own() -> None:
    names = [
        "a/b.patch",
        "A/b.patch",
        "a--b.patch",
        "a/b",
        "a-/b.patch",
        "a/-b.patch",
        "../a/b.patch",
    ]
    assert len({page_path(name) for name in names}) == len(names)
    assert page_path("nova/uefi-guests.patch") == "patches/nova--uefi-guests.html"


def states_of(facts: SeriesFacts, path: str = INDEX) -> list[str]:
    """The words that the overview has for placements, in order."""
    return re.findall(r'<td class="placement \w+">([^<]*)</td>', read(facts, path))


def test_the_legend_explains_each_word_of_a_placement() -> None:
    states: tuple[PlacementState, ...] = get_args(PlacementState)
    files = {f"a/{n}.py": b"old\n" for n in range(len(states))}
    patches = [
        (f"a/p{n}.patch", text_of("s", path, b"old\n", b"new\n")) for n, path in enumerate(files)
    ]
    older = {name: state for (name, _), state in zip(patches, states, strict=True)}
    facts = made_review(files, patches, older=older)
    page = read(facts, INDEX)
    legend = re.findall(r"<dt>([^<]+)</dt>", page[page.index('class="legend"') - 2000 :])
    words = set(states_of(facts)) | {PARTLY, NOTHING}
    assert len(words) == len(states) + 2
    assert {word.removeprefix("1 ") for word in words} <= set(legend)


def test_a_variant_without_some_of_the_hunks_is_called_partly() -> None:
    old = b"one\n" + b"\n" * 20 + b"two\n"
    new = old.replace(b"one", b"1").replace(b"two", b"2")
    patches = [("p.patch", text_of("s", "a.py", old, new))]
    hunks = made_review({"a.py": old}, patches).patches[0].hunks
    gone = (HunkOnRelease(OLDER, "gone", None, 0, "p@o.patch", None, ""),)
    exact = (HunkOnRelease(OLDER, "exact", 1, 0, "p@o.patch", None, ""),)
    placements = {hunks[0].id: gone, hunks[1].id: exact}
    assert states_of(made_review({"a.py": old}, patches, placements=placements))[0] == "partly"
    placements = {hunk.id: gone for hunk in hunks}
    assert states_of(made_review({"a.py": old}, patches, placements=placements))[0] == "not needed"


def test_of_a_patch_that_is_not_applied_nothing_is_said_about_other_releases() -> None:
    facts = greetings()
    off = replace(facts.patches[0], hunks=(), files=(), is_off=True)
    assert states_of(replace(facts, patches=(off,))) == [NOTHING, "not applied"]


def test_each_count_says_what_it_counts() -> None:
    old = b"one\n" + b"\n" * 20 + b"two\n" + b"\n" * 20 + b"three\n"
    new = old.replace(b"one", b"1").replace(b"two", b"2").replace(b"three", b"3")
    patches = [("p.patch", text_of("s", "a.py", old, new))]
    ids = [hunk.id for hunk in made_review({"a.py": old}, patches).patches[0].hunks]
    facts = made_review(
        {"a.py": old},
        patches,
        checks={ids[0]: (), ids[1]: ("check",)},
        missed={ids[0]: ("1",)},
    )
    overview, page = read(facts, INDEX), read(facts, page_path("p.patch"))
    assert re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", overview)[:7] == [
        ("Patches", "1"),
        ("Hunks", "3"),
        ("Approved hunks", "0"),
        ("Unreviewed hunks", "3"),
        ("Hunks to change", "0"),
        ("Findings", "0"),
        ("Uncovered hunks", "1 of 2 measured"),
    ]
    toggle = r'>Unreviewed <span class="many">(\d+)</span><span class="aside"> (\w+)</span>'
    assert re.findall(toggle, overview) == [("1", "patch")]
    assert re.findall(toggle, page) == [("3", "hunks")]
    assert '<th scope="colgroup" class="of-hunks" colspan="4">Hunks</th>' in overview
    assert re.findall(r"(\d check\w* runs?|No check runs) it", page) == [
        "No check runs",
        "1 check runs",
    ]


def test_what_a_decision_changes_is_named_once_and_holds_no_field() -> None:
    facts = greetings()
    for path in (INDEX, page_path(ONE)):
        assert "data-live" not in read(facts, path)
        page = read(facts, path, project="0123456789ab")
        names = re.findall(r'data-live="([^"]+)"', page)
        assert len(set(names)) == len(names)
    hunk = facts.patches[0].hunks[0]
    assert {f"badges-{hunk.id}", f"decision-{hunk.id}", f"reset-{hunk.id}"} <= set(names)
    for part in re.findall(r'<(\w+)[^>]* data-live="[^"]+">(.*?)</\1>', page, re.DOTALL):
        assert "<textarea" not in part[1]


def test_the_index_of_the_search_has_the_prose_and_each_line_once() -> None:
    facts = greetings()
    content = (Site(facts).read("search.js") or b"").decode()
    rows = json.loads(content.removeprefix("freebsdPort.search(").removesuffix(");\n"))
    assert len(rows) == 2
    prose, hunks = rows[0]
    assert prose.startswith(f"{ONE}\ngreet: be loud\n")
    assert "more than ten words to tell." in prose
    ((key, head, lines),) = hunks
    hunk = facts.patches[0].hunks[0]
    assert (key, head) == (hunk.id, f"nova/greet.py {hunk.scope} {hunk.id}")
    assert "    return 'hello ' + name" in lines
    assert "    return ('hello ' + name).upper()" in lines
    assert len(set(lines)) == len(lines)
