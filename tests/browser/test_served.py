"""`review serve` as a reviewer uses it: the command, a browser, and the file of decisions."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from freebsd_port.engine.core.review.facts import PatchFacts, SeriesFacts
from freebsd_port.engine.core.review.site.markup import page_path
from freebsd_port.openstack.store.project.decisions import load_decisions
from freebsd_port.openstack.store.project.project import Project

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

OpenPage = Callable[..., "Page"]
CHECKOUT = Path(__file__).resolve().parents[2]
BY = "Ada Porter"
SERIOUS = ("serious", "critical")


@dataclass
class Served:
    process: subprocess.Popen[str]
    url: str
    project: Project

    def decisions(self, patch: PatchFacts) -> dict[str, str]:
        found = {one.hunk: one.verdict for one in load_decisions(self.project)}
        return {hunk.id: found[hunk.id] for hunk in patch.hunks if hunk.id in found}


def start(root: Path) -> Served:
    """Run the command over a copy of the real project, made if it is not there."""
    if not root.exists():
        for name in ("patches", "releases"):
            shutil.copytree(CHECKOUT / name, root / name)
        shutil.copy(CHECKOUT / "series", root)
    words = ("review", "serve", "--no-browser", "--json", "--by", BY, "--project", str(root))
    process = subprocess.Popen(
        [sys.executable, "-m", "freebsd_port", *words],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    said = read_json(process.stdout)
    assert (said["ok"], said["by"]) == (True, BY)
    return Served(process, str(said["url"]), Project(root))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests of the module, each of which decides about a patch of its own."""
    started = start(tmp_path_factory.mktemp("served") / "project")
    yield started
    started.process.kill()
    started.process.communicate()


def read_json(stream: IO[str]) -> dict[str, Any]:
    """Read one document of several lines from a process that goes on."""
    text = ""
    for line in stream:
        text += line
        if line.rstrip() == "}":
            break
    value = json.loads(text)
    assert isinstance(value, dict)
    return value


def several(facts: SeriesFacts, number: int) -> PatchFacts:
    """One of the patches with more than two hunks."""
    return [patch for patch in facts.patches if len(patch.hunks) > 2][number]


def test_hunks_are_approved_sent_back_and_reset_in_the_browser(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts
) -> None:
    patch = several(real_facts, 0)
    first, second = patch.hunks[:2]
    page = open_page()
    page.goto(served.url)
    assert "token" not in page.url
    page.goto(f"{page.url}{page_path(patch.name)}#hunk-{first.id}")
    section = page.locator(f"#hunk-{first.id}")
    section.get_by_label("Note").fill("reads <b>well</b>")
    section.get_by_role("button", name="Approve").click()
    section.get_by_text(f"Approved by {BY}").wait_for()
    assert section.locator("blockquote").inner_text() == "reads <b>well</b>"
    assert served.decisions(patch) == {first.id: "approved"}
    other = page.locator(f"#hunk-{second.id}")
    other.get_by_label("Note").fill("why?")
    other.get_by_role("button", name="Request changes").click()
    other.get_by_text(f"Changes requested by {BY}").wait_for()
    assert served.decisions(patch)[second.id] == "changes-requested"
    page.reload()
    section.get_by_text(f"Approved by {BY}").wait_for()
    section.get_by_role("button", name="Reset").click()
    section.get_by_text("Not decided yet").wait_for()
    assert served.decisions(patch) == {second.id: "changes-requested"}
    page.keyboard.press("o")
    page.wait_for_url("**/index.html")
    page.get_by_role("button", name="To change").click()
    rows = page.locator("table.grid tbody tr:visible")
    assert patch.name.removesuffix(".patch") in rows.locator("a").all_inner_texts()


STAYS = "window.stays === true"


def open_patch(page: Page, served: Served, patch: PatchFacts, query: str = "") -> None:
    """Open the patch's page, and mark it so that a reload shows."""
    page.goto(served.url)
    page.goto(f"{page.url}{page_path(patch.name)}{query}")
    page.evaluate("window.stays = true")


def test_a_decision_changes_its_hunk_and_the_counts_and_leaves_the_page_as_it_is(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts
) -> None:
    patch = several(real_facts, 6)
    first, second = patch.hunks[:2]
    total = len(patch.hunks)
    page = open_page()
    open_patch(page, served, patch)
    section, other = page.locator(f"#hunk-{first.id}"), page.locator(f"#hunk-{second.id}")
    other.get_by_label("Note").fill("half a")
    section.get_by_role("button", name="Request changes").click()
    section.get_by_text(f"Changes requested by {BY}").wait_for()
    assert section.locator(".badge").first.inner_text() == "Changes requested"
    assert section.get_by_role("button", name="Reset").is_visible()
    assert other.get_by_label("Note").input_value() == "half a"
    assert page.evaluate(STAYS)
    bar = page.get_by_role("search")
    unit = "hunk" if total == 2 else "hunks"
    assert bar.get_by_role("button", name=f"Unreviewed {total - 1} {unit}").is_visible()
    assert bar.get_by_role("button", name="To change 1 hunk").is_visible()
    assert page.locator("nav.contents a.seen").count() == 1
    assert f"Decide all {total - 1} unreviewed" in page.locator(".decide-all").inner_text()
    assert section.get_by_role("button", name="Request changes").evaluate(
        "one => one === document.activeElement"
    )
    section.get_by_role("button", name="Reset").click()
    section.get_by_text("Not decided yet").wait_for()
    assert bar.get_by_role("button", name=f"Unreviewed {total}").is_visible()
    assert not bar.get_by_role("button", name="To change").is_visible()
    assert not section.get_by_role("button", name="Reset").is_visible()
    assert page.locator("nav.contents a.seen").count() == 0
    assert other.get_by_label("Note").input_value() == "half a"
    assert page.evaluate(STAYS)


def test_what_is_typed_while_a_decision_is_on_its_way_goes_into_the_note(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts
) -> None:
    patch = several(real_facts, 8)
    first, second = patch.hunks[:2]
    page = open_page()
    open_patch(page, served, patch, "?show=unreviewed")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/decide", hold)
    page.locator(f"#hunk-{first.id}").get_by_role("button", name="Approve").click()
    note = page.locator(f"#hunk-{second.id}").get_by_label("Note")
    note.click()
    page.keyboard.type("ja")
    held[0].continue_()
    page.locator(f"#hunk-{first.id}").wait_for(state="hidden")
    page.keyboard.type("ra")
    assert note.input_value() == "jara"
    assert page.evaluate(STAYS)
    assert served.decisions(patch) == {first.id: "approved"}


FIELDS = ("textarea", "[type=search]", "select", "#use-keys", "#made")


@pytest.mark.parametrize("field", FIELDS)
def test_no_key_is_taken_from_a_field(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts, field: str
) -> None:
    patch = several(real_facts, 9)
    page = open_page()
    open_patch(page, served, patch)
    page.keyboard.press("j")
    page.evaluate(
        """() => { const made = document.createElement("div");
             made.id = "made"; made.contentEditable = "true"; made.append("text");
             const hunk = document.querySelector("section.hunk");
             hunk.append(made, document.querySelector("#use-keys")); }"""
    )
    where = f"section.hunk {field}" if field != "[type=search]" and field != "select" else field
    page.locator(where).first.focus()
    theme = page.evaluate("document.documentElement.dataset.theme || ''")
    address = page.url
    current = page.locator(".current").get_attribute("id")
    for key in "aAjkotsu?/r":
        page.keyboard.press(key)
    for key in ("Control+Shift+a", "Alt+a", "Meta+j", "Shift+J"):
        page.keyboard.press(key)
    assert page.evaluate("document.documentElement.dataset.theme || ''") == theme
    assert page.url.partition("?")[0] == address
    assert page.locator(".current").get_attribute("id") == current
    assert page.locator(where).first.evaluate("one => one === document.activeElement")
    assert not page.get_by_role("dialog").is_visible()
    assert page.evaluate(STAYS)
    assert served.decisions(patch) == {}


def test_a_held_key_decides_once(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts
) -> None:
    patch = several(real_facts, 10)
    page = open_page()
    open_patch(page, served, patch, "?show=unreviewed")
    page.keyboard.press("j")
    page.keyboard.down("a")
    page.locator(f"#hunk-{patch.hunks[1].id}").and_(page.locator(".current")).wait_for()
    page.keyboard.down("a")
    page.keyboard.up("a")
    page.keyboard.press("r")
    page.keyboard.type("done")
    page.get_by_text("Not saved yet").locator("visible=true").wait_for()
    assert served.decisions(patch) == {patch.hunks[0].id: "approved"}


def test_a_note_outlives_reloads_and_restarts_until_it_is_saved(
    open_page: OpenPage, real_facts: SeriesFacts, tmp_path: Path
) -> None:
    patch = several(real_facts, 0)
    first, second = patch.hunks[:2]
    served = start(tmp_path / "project")
    page = open_page()
    open_patch(page, served, patch)
    page.locator(f"#hunk-{first.id}").get_by_label("Note").fill("reads <b>well</b>\nbut \u202e")
    page.locator(f"#hunk-{second.id}").get_by_label("Note").fill("second")
    page.reload()
    note = page.locator(f"#hunk-{first.id}").get_by_label("Note")
    assert note.input_value() == "reads <b>well</b>\nbut \u202e"
    served.process.send_signal(signal.SIGINT)
    served.process.communicate(timeout=60)
    again = start(tmp_path / "project")
    page.goto(again.url)
    unsaved = page.get_by_role("region", name="Notes that are not saved")
    assert unsaved.locator("blockquote").count() == 2
    assert "but U+202E" in unsaved.inner_text()
    unsaved.get_by_role("link").filter(has_text="Hunk 1 of").first.click()
    page.wait_for_url(f"**/{page_path(patch.name)}*")
    assert note.input_value() == "reads <b>well</b>\nbut \u202e"
    section = page.locator(f"#hunk-{first.id}")
    assert section.get_by_text("Not saved yet").is_visible()
    section.get_by_role("button", name="Approve").click()
    section.get_by_text(f"Approved by {BY}").wait_for()
    assert note.input_value() == ""
    assert not section.get_by_text("Not saved yet").is_visible()
    page.reload()
    assert note.input_value() == ""
    assert page.locator(f"#hunk-{second.id}").get_by_label("Note").input_value() == "second"
    page.keyboard.press("o")
    unsaved.get_by_role("button", name="Discard").click()
    assert not unsaved.is_visible()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('note'))") == []
    again.process.kill()
    again.process.communicate()


def test_a_note_stays_if_the_server_is_gone(
    open_page: OpenPage, real_facts: SeriesFacts, tmp_path: Path
) -> None:
    patch = several(real_facts, 0)
    served = start(tmp_path / "project")
    page = open_page(expected=("ERR_CONNECTION_REFUSED",))
    open_patch(page, served, patch)
    served.process.kill()
    served.process.communicate()
    section = page.locator(f"#hunk-{patch.hunks[0].id}")
    section.get_by_label("Note").fill("typed")
    section.get_by_role("button", name="Approve").click()
    section.get_by_text("The server does not answer").wait_for()
    assert section.get_by_label("Note").input_value() == "typed"
    assert section.get_by_text("Not saved yet").is_visible()


def test_all_hunks_of_a_patch_are_approved_at_once_and_by_key(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts
) -> None:
    patch = several(real_facts, 1)
    page = open_page()
    page.goto(served.url)
    page.goto(f"{page.url}{page_path(patch.name)}")
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.locator(f"#hunk-{patch.hunks[0].id}").get_by_text(f"Approved by {BY}").wait_for()
    page.get_by_text("Decide all").click()
    page.get_by_role("form", name="Decide all").get_by_role("button", name="Approve").click()
    page.locator(f"#hunk-{patch.hunks[-1].id}").get_by_text(f"Approved by {BY}").wait_for()
    assert served.decisions(patch) == {hunk.id: "approved" for hunk in patch.hunks}


def test_deciding_goes_on_to_the_next_hunk_that_the_filter_leaves(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts
) -> None:
    patch = several(real_facts, 7)
    page = open_page()
    page.goto(served.url)
    page.goto(f"{page.url}{page_path(patch.name)}?show=unreviewed")
    page.keyboard.press("j")
    for number in range(len(patch.hunks)):
        page.locator(f"#hunk-{patch.hunks[number].id}").and_(page.locator(".current")).wait_for()
        page.keyboard.press("a")
    page.get_by_text("No hunk of this patch matches the filter.").wait_for()
    assert page.url.endswith("?show=unreviewed")
    assert served.decisions(patch) == {hunk.id: "approved" for hunk in patch.hunks}


def test_a_decision_needs_no_script(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts
) -> None:
    patch = several(real_facts, 2)
    hunk = patch.hunks[1]
    page = open_page(java_script_enabled=False)
    page.goto(served.url)
    page.goto(f"{page.url}{page_path(patch.name)}")
    page.locator(f"#hunk-{hunk.id}").get_by_role("button", name="Approve").click()
    page.wait_for_url(f"**/{page_path(patch.name)}#hunk-{hunk.id}")
    assert page.locator(f"#hunk-{hunk.id}").get_by_text(f"Approved by {BY}").is_visible()


def test_a_page_of_another_site_changes_nothing(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts, tmp_path: Path
) -> None:
    patch = several(real_facts, 4)
    hunk = patch.hunks[0]
    page = open_page(expected=("status of 403",))
    page.goto(served.url)
    home = page.url
    evil = tmp_path / "evil.html"
    evil.write_text(
        f'<form method="post" action="{home}decide"><input name="hunk" value="{hunk.id}">'
        '<button name="verdict" value="approved">Win</button></form>'
    )
    page.goto(evil.as_uri())
    page.get_by_role("button", name="Win").click()
    page.wait_for_url(f"{home}decide")
    assert '"ok": false' in page.locator("body").inner_text()
    assert served.decisions(patch) == {}


def test_axe_finds_no_serious_violation_in_the_buttons(
    open_page: OpenPage, served: Served, real_facts: SeriesFacts
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    patch = several(real_facts, 5)
    page = open_page(bypass_csp=True)
    page.goto(served.url)
    page.goto(f"{page.url}{page_path(patch.name)}")
    for hunk, name in zip(patch.hunks, ("Approve", "Request changes"), strict=False):
        page.locator(f"#hunk-{hunk.id}").get_by_role("button", name=name).click()
        page.locator(f"#hunk-{hunk.id}").get_by_text(f"by {BY}").wait_for()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        parts = [f"#hunk-{hunk.id} :is(.decision, .hunk-head)" for hunk in patch.hunks[:3]]
        for part in parts:
            require_no_violation(Axe().run(page, context=part, options={"preload": False}))
    page.locator(f"#hunk-{patch.hunks[2].id}").get_by_label("Note").fill("not saved")
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    page.get_by_role("region", name="Notes that are not saved").wait_for()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        require_no_violation(Axe().run(page, context="#unsaved", options={"preload": False}))


def require_no_violation(result: Any) -> None:
    found = [one for one in result.response["violations"] if one["impact"] in SERIOUS]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_what_the_server_refuses_is_said_beside_the_buttons_and_an_interrupt_ends_it(
    open_page: OpenPage, real_facts: SeriesFacts, tmp_path: Path
) -> None:
    served = start(tmp_path / "project")
    patch = several(real_facts, 3)
    hunk = patch.hunks[0]
    page = open_page(expected=("status of 409",))
    page.goto(served.url)
    page.goto(f"{page.url}{page_path(patch.name)}")
    series = served.project.series
    names = [name for name in series.read_text().splitlines() if not name.startswith(patch.name)]
    series.write_text("".join(f"{name}\n" for name in names))
    section = page.locator(f"#hunk-{hunk.id}")
    section.get_by_role("button", name="Approve").click()
    section.get_by_text(f"no hunk '{hunk.id}'").wait_for()
    assert section.get_by_role("button", name="Approve").is_enabled()
    assert served.decisions(patch) == {}
    served.process.send_signal(signal.SIGINT)
    assert served.process.wait(60) == 0
