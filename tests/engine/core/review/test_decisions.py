"""The file of decisions: read, written, and refused with the line and the cure."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freebsd_port.engine.core.review.decisions import (
    DecisionError,
    clean_note,
    parse_decisions,
    render_decisions,
    require_name,
)
from freebsd_port.engine.core.review.facts import Decision
from freebsd_port.errors import ProblemsError

FIRST, SECOND = "nova/a.patch", "nova/b.patch"
CONTENT = "0123456789abcdef" * 2


def decision(hunk: str = "a1b2c3d4e5f6", patch: str = FIRST, **changes: str) -> Decision:
    facts = {
        "content": CONTENT,
        "path": "nova/host.py",
        "scope": "Host.f",
        "by": "Jo Porter",
        "on": "2026-11-25",
        "note": "",
        **changes,
    }
    return Decision(hunk=hunk, patch=patch, verdict="approved", **facts)  # type: ignore[arg-type]


def lines(*decisions: Decision) -> list[str]:
    text = render_decisions(decisions, (FIRST, SECOND)).decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_a_decision_is_one_line_that_a_person_reads() -> None:
    assert lines(decision(note="reads well: twice")) == [
        f"approved a1b2c3d4e5f6 {CONTENT} 2026-11-25 nova/a.patch nova/host.py:Host.f "
        "Jo Porter: reads well: twice"
    ]


def test_the_order_is_that_of_the_series_then_of_file_scope_and_hunk() -> None:
    made = [
        decision("000000000001", "nova/gone.patch"),
        decision("000000000002", SECOND),
        decision("000000000003", FIRST, scope="Host.g"),
        decision("000000000005", FIRST),
        decision("000000000004", FIRST),
    ]
    order = [line.split()[1][-1] for line in lines(*made)]
    assert order == ["4", "5", "3", "2", "1"]
    assert lines(*made) == lines(*reversed(made))


NAMES = st.text(st.sampled_from(string.ascii_letters + "é漢 .'-"), min_size=1).map(
    lambda text: " ".join(text.split()) or "Jo"
)
PATHS = st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable() or "\n" not in text)
DECISIONS = st.builds(
    Decision,
    hunk=st.from_regex(r"[0-9a-f]{12}(-[1-9][0-9]?)?", fullmatch=True),
    content=st.from_regex(r"[0-9a-f]{32}", fullmatch=True),
    patch=PATHS,
    path=PATHS,
    scope=st.none() | st.from_regex(r"[A-Za-z_]\w{0,9}(\.\w{1,9})?", fullmatch=True),
    verdict=st.sampled_from(["approved", "changes-requested"]),
    by=NAMES,
    on=st.dates().map(lambda day: day.isoformat()),
    note=st.text(max_size=40).map(clean_note),
)


@given(st.lists(DECISIONS, unique_by=lambda one: one.hunk))
def test_what_was_written_is_read_back(made: list[Decision]) -> None:
    data = render_decisions(made, (FIRST, SECOND))
    read = parse_decisions(data)
    assert set(read) == set(made)
    assert render_decisions(read, (FIRST, SECOND)) == data


LINE = f"approved a1b2c3d4e5f6 {CONTENT} 2026-11-25 nova/a.patch nova/host.py:Host.f Jo: fine"


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ("approved a1b2c3d4e5f6", "the line is not a decision", "write it as VERDICT HUNK"),
        (LINE.replace("approved", "liked"), "'liked' is not a verdict", "write it as"),
        (LINE.replace("a1b2c3d4e5f6", "a1b2"), "'a1b2' is not the id of a hunk", "write it as"),
        (LINE.replace(CONTENT, "12"), "'12' is not the digest of a hunk's content", "write it as"),
        (LINE.replace("2026-11-25", "yesterday"), "Invalid isoformat string", "write it as"),
        (LINE.replace(":Host.f", ""), "the line is not a decision", "write it as"),
        (LINE, "hunk a1b2c3d4e5f6 is decided at line 2 already", "keep one of the two lines"),
        ("<<<<<<< HEAD", "a merge left its marker here", "remove the marker"),
        ("\udcff", "the line is not UTF-8", "remove the line"),
        (f"{LINE} \x1b[2J", "the line holds characters that cannot be seen", "write it as"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_with_its_cure(line: str, what: str, hint: str) -> None:
    data = f"# a comment\n{LINE}\n\n{line}\n".encode("utf-8", "surrogateescape")
    with pytest.raises(ProblemsError) as caught:
        parse_decisions(data, source="decisions")
    (problem,) = caught.value.problems
    assert problem.what.startswith(what)
    assert problem.where == "decisions:4"
    assert hint in str(problem.hint)


def test_every_line_that_cannot_be_read_is_told_at_once() -> None:
    with pytest.raises(ProblemsError) as caught:
        parse_decisions(b"one\ntwo\n" + LINE.encode() + b"\nthree\n")
    assert [problem.where for problem in caught.value.problems] == [
        "decisions:1",
        "decisions:2",
        "decisions:4",
    ]


@pytest.mark.parametrize("name", ["", "  ", "Jo: Porter", "Jo:", "a\x1b[31mb", "a\u202eb"])
def test_a_name_that_the_file_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(DecisionError, match="name"):
        require_name(name)


def test_a_note_comes_into_one_line_of_what_can_be_seen() -> None:
    assert clean_note("one\n two\t\x1b[31m three\u202e ") == "one two [31m three"
