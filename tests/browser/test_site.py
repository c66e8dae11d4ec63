"""The site of a review in a real browser, opened from the disk."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from made_review import OLDER, decided, made_review, text_of

from freebsd_port.engine.core.review.facts import HunkFacts, PatchFacts, Remark, SeriesFacts
from freebsd_port.engine.core.review.flags import changed_since, patch_flags
from freebsd_port.engine.core.review.site.markup import page_path
from freebsd_port.engine.core.text.unseen import decode_line
from freebsd_port.openstack.ops.review.site import write_site

if TYPE_CHECKING:
    from playwright.sync_api import Page

OpenPage = Callable[..., "Page"]
ROWS = "table.grid tbody tr:visible"


def address(site: Path, path: str = "index.html", query: str = "", hunk: str = "") -> str:
    return f"{(site / path).as_uri()}{query}{f'#hunk-{hunk}' if hunk else ''}"


def patch_with_hunks(facts: SeriesFacts, most_lines: int = 10_000) -> PatchFacts:
    """A patch with several hunks in one file."""
    return next(
        patch
        for patch in facts.patches
        if len(patch.hunks) > 2
        and len(patch.files) == 1
        and len(patch.files[0].before or ()) < most_lines
    )


def test_the_overview_leads_to_each_patch(
    open_page: OpenPage, real_site: Path, real_facts: SeriesFacts
) -> None:
    page = open_page()
    page.goto(address(real_site))
    assert page.locator(ROWS).count() == len(real_facts.patches)
    heads = page.locator("table.grid thead th").all_inner_texts()
    assert [one for one in heads if one in real_facts.releases] == list(real_facts.releases)
    patch = real_facts.patches[-1]
    page.get_by_role("link", name=patch.name.removesuffix(".patch")).click()
    page.wait_for_url(f"**/{page_path(patch.name)}")
    assert page.locator("h1").inner_text() == patch.header.field("Subject")
    assert page.locator("section.hunk").count() == len(patch.hunks)


def test_a_filter_is_in_the_address_and_goes_along(
    open_page: OpenPage, real_site: Path, real_facts: SeriesFacts
) -> None:
    chosen = [one for one in real_facts.patches if changed_since("2025.1") in patch_flags(one)]
    assert 0 < len(chosen) < len(real_facts.patches)
    page = open_page()
    page.goto(address(real_site))
    page.get_by_label("Changed since").select_option("2025.1")
    assert page.locator(ROWS).count() == len(chosen)
    assert page.url.endswith("?since=2025.1")
    page.reload()
    assert page.locator(ROWS).count() == len(chosen)
    assert page.locator("output").inner_text() == (
        f"{len(chosen)} of {len(real_facts.patches)} patches"
    )
    page.locator(f"{ROWS} th a").first.click()
    page.wait_for_url(f"**/{page_path(chosen[0].name)}?since=2025.1")
    page.go_back()
    page.get_by_role("button", name="Show all").click()
    assert page.locator(ROWS).count() == len(real_facts.patches)
    assert "?" not in page.url
    page.get_by_role("searchbox").fill("nova/uefi-guests")
    page.get_by_text(f"1 of {len(real_facts.patches)} patches").wait_for()
    assert page.locator(ROWS).count() == 1
    page.get_by_role("searchbox").fill("xyzzy")
    page.get_by_text("No patch matches the filter.").wait_for()


def test_each_filter_leaves_what_it_says(open_page: OpenPage, tmp_path: Path) -> None:
    files = {f"a/{n}.py": b"old\n" for n in range(6)}
    names = [f"a/p{n}.patch" for n in range(6)]
    data = [text_of(f"s{n}", f"a/{n}.py", b"old\n", b"%d\n" % n) for n in range(6)]
    patches = list(zip(names, data, strict=True))
    ids = [patch.hunks[0] for patch in made_review(files, patches).patches]
    finding = Remark("rule", "note", "remark", "x", 1, ids[2].id)
    facts = made_review(
        files,
        patches,
        older={names[1]: "miss", names[5]: "rewritten"},
        decision={ids[0].id: decided(ids[0]), ids[3].id: decided(ids[3], "changes-requested")},
        findings={ids[2].id: (finding,)},
        checks={hunk.id: () if hunk is ids[4] else ("check",) for hunk in ids},
        missed={ids[4].id: ("4",)},
    )
    write_site(facts, tmp_path / "site", print)
    page = open_page()
    page.goto(address(tmp_path / "site"))
    for button, left in (
        ("Unreviewed 4", [1, 2, 4, 5]),
        ("To change 1", [3]),
        ("Findings 1", [2]),
        ("Uncovered 1", [4]),
        ("Conflicts 1", [1]),
    ):
        toggle = page.get_by_role("button", name=button)
        toggle.click()
        assert toggle.get_attribute("aria-pressed") == "true"
        assert page.locator(f"{ROWS} th a").all_inner_texts() == [f"a/p{n}" for n in left]
        toggle.click()
    page.get_by_label("Changed since").select_option(OLDER)
    page.get_by_role("button", name="Unreviewed").click()
    assert page.locator(f"{ROWS} th a").all_inner_texts() == ["a/p1", "a/p5"]
    assert page.url.endswith(f"?show=unreviewed&since={OLDER}")


def shown_lines(page: Page, hunk: HunkFacts, kinds: str) -> list[str]:
    """The code of the hunk's rows that are of these kinds, in order."""
    return page.locator(f"#hunk-{hunk.id} .lines > table.diff").evaluate(
        """(table, kinds) => [...table.tBodies[0].rows]
          .filter((row) => [...kinds].some((kind) => row.classList.contains(kind)))
          .map((row) => row.cells[3].textContent)""",
        kinds,
    )


@pytest.mark.parametrize("number", [0, -1])
def test_a_hunk_unfolds_to_the_whole_file_before_and_after(
    open_page: OpenPage, real_site: Path, real_facts: SeriesFacts, number: int
) -> None:
    patch = patch_with_hunks(real_facts)
    hunk, file = patch.hunks[number], patch.files[0]
    page = open_page()
    page.goto(address(real_site, page_path(patch.name)))
    rows = page.locator(f"#hunk-{hunk.id} .lines > table.diff tbody tr:not(.unfold)")
    first = rows.count()
    page.locator(f"#hunk-{hunk.id}").get_by_role("button", name="Whole file").first.click()
    page.locator(f"#hunk-{hunk.id}").get_by_role("button", name="Fold").first.wait_for()
    before = [decode_line(line) for line in file.before or ()]
    after = [decode_line(line) for line in file.after or ()]
    assert shown_lines(page, hunk, "kr") == before
    assert shown_lines(page, hunk, "ka") == after
    numbers = page.locator(f"#hunk-{hunk.id} .lines > table tr td.n:nth-child(2)").all_inner_texts()
    assert [one for one in numbers if one] == [str(n + 1) for n in range(len(after))]
    page.locator(f"#hunk-{hunk.id}").get_by_role("button", name="Fold").first.click()
    assert rows.count() == first


def test_a_few_more_lines_come_above_and_below(
    open_page: OpenPage, real_site: Path, real_facts: SeriesFacts
) -> None:
    patch = next(one for one in real_facts.patches if one.name == "nova/uefi-guests.patch")
    hunk, before = patch.hunks[0], patch.files[0].before
    assert hunk.line is not None
    assert before is not None
    page = open_page()
    page.goto(address(real_site, page_path(patch.name)))
    section = page.locator(f"#hunk-{hunk.id}")
    rows = section.locator(".lines > table.diff tbody tr:not(.unfold)")
    first = rows.count()
    for words in ("20 more lines above", "20 more lines below"):
        section.get_by_role("button", name=words).click()
        section.get_by_text("left", exact=False).first.wait_for()
    page.wait_for_function("n => document.querySelectorAll('tr.unfolded').length === n", arg=40)
    assert rows.count() == first + 40
    start = hunk.line - 21
    expected = [decode_line(line) for line in before[start : start + 20]]
    assert shown_lines(page, hunk, "k")[:20] == expected


def test_a_link_to_a_hunk_shows_it_even_if_the_filter_would_not(
    open_page: OpenPage, real_site: Path, real_facts: SeriesFacts
) -> None:
    patch = patch_with_hunks(real_facts)
    hunk = patch.hunks[-1]
    page = open_page()
    for query in ("", "?q=nothing-has-this-name"):
        page.goto(address(real_site, page_path(patch.name), query, hunk.id))
        section = page.locator(f"#hunk-{hunk.id}")
        section.and_(page.locator(".current")).wait_for()
        assert section.evaluate("one => one.matches(':target')")
        page.wait_for_function(
            """id => { const box = document.getElementById(id).getBoundingClientRect();
                       return box.top >= 0 && box.top < innerHeight; }""",
            arg=f"hunk-{hunk.id}",
        )


def test_keys_lead_through_hunks_and_patches(
    open_page: OpenPage, real_site: Path, real_facts: SeriesFacts
) -> None:
    patch = patch_with_hunks(real_facts)
    place = real_facts.patches.index(patch)
    page = open_page()
    page.goto(address(real_site, page_path(patch.name)))

    def current() -> str | None:
        return page.locator(".current").get_attribute("id")

    page.keyboard.press("j")
    page.keyboard.press("j")
    assert current() == f"hunk-{patch.hunks[1].id}"
    page.keyboard.press("k")
    assert current() == f"hunk-{patch.hunks[0].id}"
    page.keyboard.press("u")
    page.locator(f"#hunk-{patch.hunks[0].id} tr.unfolded").first.wait_for()
    page.keyboard.press("u")
    page.locator("tr.unfolded").first.wait_for(state="detached")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("jn")
    assert page.get_by_role("searchbox").input_value() == "jn"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show all").click()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_url(f"**/{page_path(real_facts.patches[place + 1].name)}")
    page.keyboard.press("p")
    page.wait_for_url(f"**/{page_path(patch.name)}")
    page.keyboard.press("o")
    page.wait_for_url("**/index.html")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{page_path(real_facts.patches[1].name)}")


def test_turning_to_the_next_patch_passes_over_what_the_filter_hides(
    open_page: OpenPage, real_site: Path, real_facts: SeriesFacts
) -> None:
    all_patches = real_facts.patches
    chosen = [one for one in all_patches if changed_since("2025.1") in patch_flags(one)]
    here, there = next(
        (one, two)
        for one, two in pairwise(chosen)
        if all_patches.index(two) > all_patches.index(one) + 1
    )
    page = open_page()
    page.goto(address(real_site, page_path(here.name), "?since=2025.1"))
    page.keyboard.press("n")
    page.wait_for_url(f"**/{page_path(there.name)}?since=2025.1")


def test_keys_can_be_switched_off(open_page: OpenPage, real_site: Path) -> None:
    page = open_page()
    page.goto(address(real_site))
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Keys are on").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    assert page.locator(".current").count() == 0


def test_dark_and_light_follow_the_system_until_somebody_chooses(
    open_page: OpenPage, real_site: Path
) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    page = open_page(color_scheme="dark")
    page.goto(address(real_site))
    dark = page.evaluate(background)
    page.get_by_role("button", name="Switch to light").click()
    light = page.evaluate(background)
    assert dark != light
    page.reload()
    assert page.evaluate(background) == light
    other = open_page(color_scheme="light")
    other.goto(address(real_site))
    assert other.evaluate(background) == light


def test_nothing_moves_smoothly_for_who_asked_for_less_motion(
    open_page: OpenPage, real_site: Path
) -> None:
    for wish, found in (("reduce", "auto"), ("no-preference", "smooth")):
        page = open_page(reduced_motion=wish)
        page.goto(address(real_site))
        behaviour = page.evaluate("getComputedStyle(document.documentElement).scrollBehavior")
        assert behaviour == found


def test_all_can_be_read_without_a_script(
    open_page: OpenPage, real_site: Path, real_facts: SeriesFacts
) -> None:
    patch = patch_with_hunks(real_facts)
    page = open_page(java_script_enabled=False)
    page.goto(address(real_site))
    assert not page.get_by_role("searchbox").is_visible()
    assert page.locator("button:visible").count() == 0
    page.get_by_role("link", name=patch.name.removesuffix(".patch")).click()
    page.wait_for_url(f"**/{page_path(patch.name)}")
    for hunk in patch.hunks:
        section = page.locator(f"#hunk-{hunk.id}")
        assert section.get_by_text("Placement on each release").is_visible()
        assert section.locator("tr.a, tr.r").first.is_visible()
    page.get_by_role("link", name="Next:").click()
    page.wait_for_url(lambda url: page_path(patch.name) not in url)


@pytest.mark.parametrize("width", [380, 900, 1600])
def test_no_page_is_wider_than_the_screen(
    open_page: OpenPage, real_site: Path, real_facts: SeriesFacts, width: int
) -> None:
    page = open_page(viewport={"width": width, "height": 900})
    for path in ("index.html", page_path(patch_with_hunks(real_facts).name)):
        page.goto(address(real_site, path))
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def texts_of(patch: PatchFacts) -> tuple[str, list[str]]:
    """What can be read of a patch as a whole, and of each of its hunks, in small letters."""
    prose = [patch.name, patch.upstream, patch.header.prose]
    prose += [value for _, value in patch.header.fields]
    prose += [f"{one.message} {one.rule}" for one in patch.findings]
    hunks = []
    for hunk in patch.hunks:
        bodies = [hunk.hunk, *(one.other for one in hunk.placements if one.other)]
        parts = [decode_line(line) for body in bodies for line in (*body.old, *body.new)]
        parts += [hunk.path, hunk.scope or "", hunk.id]
        parts += [f"{one.message} {one.rule}" for one in hunk.findings]
        hunks.append("\n".join(parts).lower())
    return " ".join("\n".join(prose).lower().split()), hunks


@pytest.mark.parametrize("query", ["geteuid", "capabilities setuid", '"import fcntl"', "CAPSICUM"])
def test_the_search_finds_prose_and_the_lines_of_hunks_in_all_patches(
    open_page: OpenPage, real_site: Path, real_facts: SeriesFacts, query: str
) -> None:
    words = [query.strip('"').lower()] if '"' in query else query.lower().split()
    expected: dict[str, list[str]] = {}
    for patch in real_facts.patches:
        prose, hunks = texts_of(patch)
        found = [
            hunk.id
            for hunk, text in zip(patch.hunks, hunks, strict=True)
            if all(word in prose or word in text for word in words)
        ]
        if found:
            expected[patch.name.removesuffix(".patch")] = found
    assert 0 < len(expected) < len(real_facts.patches)
    page = open_page()
    page.goto(address(real_site))
    page.get_by_role("searchbox").fill(query)
    page.get_by_text(f"{len(expected)} of {len(real_facts.patches)} patches").wait_for()
    assert page.locator(f"{ROWS} th > a").all_inner_texts() == list(expected)
    for name, hunks in list(expected.items())[:2]:
        page.get_by_role("link", name=name, exact=True).click()
        page.locator("section.hunk").first.wait_for(state="attached")
        page.wait_for_function(
            """count => [...document.querySelectorAll("section.hunk")]
              .filter((one) => !one.hidden).length === count""",
            arg=len(hunks),
        )
        shown = page.locator("section.hunk:visible").evaluate_all("all => all.map((one) => one.id)")
        assert shown == [f"hunk-{one}" for one in hunks]
        page.go_back()


def test_a_line_that_was_found_leads_to_its_hunk_and_is_marked(
    open_page: OpenPage, real_site: Path, real_facts: SeriesFacts
) -> None:
    page = open_page()
    page.goto(address(real_site))
    page.get_by_role("searchbox").fill("os.geteuid()")
    hit = page.locator(".hits a").first
    hit.wait_for()
    assert "os.geteuid()" in hit.inner_text()
    ids = [hunk.id for one in real_facts.patches for hunk in one.hunks]
    hit.click()
    page.wait_for_url("**/patches/**")
    current = page.locator("section.current")
    current.wait_for()
    assert (current.get_attribute("id") or "").removeprefix("hunk-") in ids
    assert any("os.geteuid()" in one for one in current.locator("td.c").all_inner_texts())
    marked = page.evaluate(
        """() => [...CSS.highlights.get("found")].map((one) => {
             const range = document.createRange();
             range.setStart(one.startContainer, one.startOffset);
             range.setEnd(one.endContainer, one.endOffset);
             return range.toString(); })"""
    )
    assert set(marked) == {"os.geteuid()"}


def halves(page: Page, hunk: HunkFacts) -> list[list[str]]:
    """The code on the left and on the right, where there is a line."""
    found: list[list[str]] = page.locator(f"#hunk-{hunk.id} .lines > table.diff").evaluate(
        """(table) => [2, 5].map((at) => [...table.tBodies[0].rows]
          .filter((row) => row.cells.length === 6 && !row.cells[at].classList.contains("void"))
          .map((row) => row.cells[at].textContent))"""
    )
    return found


def unified(page: Page, hunk: HunkFacts) -> list[str]:
    """The markup of the table's head and of its lines."""
    parts = "> colgroup, > thead, > tbody > tr:not(.unfold)".replace(">", ":scope >")
    found: list[str] = page.locator(f"#hunk-{hunk.id} .lines > table.diff").evaluate(
        "(table, parts) => [...table.querySelectorAll(parts)].map((one) => one.outerHTML)", parts
    )
    return found


def test_lines_stand_side_by_side_on_a_wide_screen_and_it_is_remembered(
    open_page: OpenPage, real_site: Path, real_facts: SeriesFacts
) -> None:
    patch = next(
        one
        for one in real_facts.patches
        if len(one.files) == 1 and any(len(hunk.hunk.old) > 6 for hunk in one.hunks)
    )
    hunk, file = next(one for one in patch.hunks if len(one.hunk.old) > 6), patch.files[0]
    page = open_page(viewport={"width": 1440, "height": 900})
    page.goto(address(real_site, page_path(patch.name)))
    before = unified(page, hunk)
    toggle = page.get_by_role("button", name="Side by side")
    toggle.click()
    sides = [[decode_line(line) for line in side] for side in (hunk.hunk.old, hunk.hunk.new)]
    assert halves(page, hunk) == sides
    page.reload()
    assert toggle.get_attribute("aria-pressed") == "true"
    assert halves(page, hunk) == sides
    page.locator(f"#hunk-{hunk.id}").get_by_role("button", name="Whole file").first.click()
    page.locator(f"#hunk-{hunk.id}").get_by_role("button", name="Fold").first.wait_for()
    wholes = [[decode_line(line) for line in side or ()] for side in (file.before, file.after)]
    assert halves(page, hunk) == wholes
    page.locator(f"#hunk-{hunk.id}").get_by_role("button", name="Fold").first.click()
    assert halves(page, hunk) == sides
    page.set_viewport_size({"width": 1000, "height": 900})
    page.locator("html:not(.split)").wait_for()
    assert not toggle.is_visible()
    assert unified(page, hunk) == before
    page.set_viewport_size({"width": 1440, "height": 900})
    page.locator("html.split").wait_for()
    page.keyboard.press("s")
    assert unified(page, hunk) == before


def test_side_by_side_a_finding_stays_below_its_line_and_lines_face_what_they_replace(
    open_page: OpenPage, tmp_path: Path
) -> None:
    old, new = b"one\ntwo\nthree\nfour\n", b"one\n2\n3\nnew\nfour\n"
    patches = [("a/p.patch", text_of("s", "a/x.py", old, new))]
    hunk = made_review({"a/x.py": old}, patches).patches[0].hunks[0]
    remark = Remark("rule", "note", "look here", "x", hunk.hunk.line + 4, hunk.id)
    facts = made_review({"a/x.py": old}, patches, findings={hunk.id: (remark,)})
    write_site(facts, tmp_path / "site", print)
    page = open_page(viewport={"width": 1440, "height": 900})
    page.goto(address(tmp_path / "site", page_path("a/p.patch")))
    page.keyboard.press("s")
    rows = page.locator(f"#hunk-{hunk.id} .lines > table.diff tbody tr:not(.unfold)").evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((cell) => cell.textContent.trim()))"
    )
    assert [[row[2], row[5]] if len(row) == 6 else row for row in rows] == [
        ["one", "one"],
        ["two", "2"],
        ["note look here rule"],
        ["three", "3"],
        ["", "new"],
        ["four", "four"],
    ]


@pytest.mark.parametrize("width", [768, 390])
def test_the_columns_of_all_releases_are_reached_by_keyboard_on_a_narrow_screen(
    open_page: OpenPage, real_site: Path, real_facts: SeriesFacts, width: int
) -> None:
    page = open_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page.goto(address(real_site))
    region = page.get_by_role("region", name="Patches and releases")
    last = page.get_by_role("columnheader", name=real_facts.releases[-1])
    edge = last.evaluate("one => one.getBoundingClientRect().right")
    assert edge > width
    page.get_by_label("Changed since").focus()
    page.keyboard.press("Tab")
    assert region.evaluate("one => one === document.activeElement")
    for _ in range(60):
        page.keyboard.press("ArrowRight")
    page.wait_for_function(
        """([name, width]) => {
             const heads = [...document.querySelectorAll(".grid thead th")];
             const box = heads.find((one) => one.textContent === name).getBoundingClientRect();
             return box.left >= 0 && box.right <= width; }""",
        arg=[real_facts.releases[-1], width],
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("tbody th").first.evaluate("one => one.getBoundingClientRect().left") >= 0
    page.goto(address(real_site, page_path(real_facts.patches[2].name)))
    boxes = page.locator("table.placements").evaluate_all(
        """all => all.map((one) => [
             one.getBoundingClientRect().right, one.scrollWidth > one.clientWidth])"""
    )
    assert all(right <= width and not is_cut for right, is_cut in boxes)


def test_axe_finds_no_serious_violation(
    open_page: OpenPage, real_site: Path, real_facts: SeriesFacts
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    patch = patch_with_hunks(real_facts, 1_000)
    page = open_page(bypass_csp=True)
    for address_of_page in (
        address(real_site, query="?q=privsep"),  # some rows: all have the same markup
        address(real_site, page_path(patch.name), "", patch.hunks[0].id),
    ):
        page.goto(address_of_page)
        for button in page.get_by_role("button", name="20 more lines below").all()[:1]:
            button.click()
            page.locator("tr.unfolded").first.wait_for()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            require_no_violation(Axe().run(page, options={"preload": False}))
    page.keyboard.press("s")
    page.locator("tr.halves").first.wait_for()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        part = f"#hunk-{patch.hunks[0].id}"
        require_no_violation(Axe().run(page, context=part, options={"preload": False}))


def require_no_violation(result: Any) -> None:
    assert [
        (one["id"], node["html"])
        for one in result.response["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ] == []


HOSTILE = (
    "</td></table><script>alert('x')</script><img src=x onerror=alert(1)><svg onload=alert(2)>"
)
HIDDEN = "access = '\u202e\u2066user\u2069 \u2066admin' \x1b[31m \x00 \u200b"


def test_hostile_text_is_shown_and_does_nothing(open_page: OpenPage, tmp_path: Path) -> None:
    old = f"first\n{HOSTILE}\n{HIDDEN}\n{'z' * 1_000_000}\n".encode() + b"\n" * 9 + b"last\n"
    new = old.replace(b"last", f"last {HOSTILE} {HIDDEN}".encode())
    name = f"a/{HOSTILE.replace('/', '')}.patch"
    data = text_of(f"s {HOSTILE}", "a/x.py", old, new).replace(b"ten words", HOSTILE.encode())
    facts = made_review({"a/x.py": old}, [(name, data)])
    write_site(facts, tmp_path / "site", print)
    page = open_page(viewport={"width": 380, "height": 900})
    page.goto(address(tmp_path / "site"))
    assert HOSTILE in page.locator(f"{ROWS} .subject").inner_text()
    page.locator(f"{ROWS} th a").click()
    page.wait_for_url("**/patches/**")
    hunk = facts.patches[0].hunks[0]
    assert HOSTILE in page.locator("h1").inner_text()
    page.get_by_role("button", name="Whole file").first.click()
    page.get_by_role("button", name="Fold").first.wait_for()
    shown = shown_lines(page, hunk, "k")
    assert shown[1] == HOSTILE
    assert "U+202E" in shown[2]
    assert "^[" in shown[2]
    assert "\u202e" not in page.locator("body").inner_text()
    assert shown[3].endswith("998000 more characters are not shown")
    cells = page.locator("table.diff td.c, h1, .place, .path")
    assert cells.evaluate_all("all => all.every((one) => one.scrollWidth <= one.clientWidth)")
    for tag, count in (("script", 3), ("img", 0), ("svg", 0), ("table.diff", 1)):
        assert page.locator(tag).count() == count
