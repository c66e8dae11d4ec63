"""What the words of a command line mean, and what a filter leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_review import OLDER, decided, made_review, text_of

from freebsd_port.engine.core.review.choose import Words, choose_hunks, find_hunk, read_words
from freebsd_port.engine.core.review.facts import SeriesFacts
from freebsd_port.engine.core.series.series import parse_series
from freebsd_port.errors import UsageError

SERIES = parse_series(b"nova/cafe.patch\nnova/other.patch\n")
IDS = ("a1b2c3d4e5f6", "a1b2c3d4e5f6-2", "a1ffffffffff")


def review() -> SeriesFacts:
    files = {"nova/f.py": b"a()\n", "nova/g.py": b"b()\n"}
    patches = [
        (name, text_of("x", f"nova/{path}.py", old, old + b"more()\n"))
        for name, path, old in (
            ("nova/cafe.patch", "f", b"a()\n"),
            ("nova/other.patch", "g", b"b()\n"),
        )
    ]
    return made_review(files, patches, older={"nova/other.patch": "rewritten"})


def names(facts: SeriesFacts) -> list[str]:
    return [patch.name for patch in facts.patches]


def test_a_name_of_a_patch_wins_over_the_start_of_an_id() -> None:
    assert read_words(["cafe", "a1b2"], SERIES) == Words(frozenset({"nova/cafe.patch"}), ("a1b2",))


def test_a_word_that_is_neither_is_refused() -> None:
    with pytest.raises(UsageError, match="no patch in the series is named xyz, and no hunk"):
        read_words(["xyz"], SERIES)


@pytest.mark.parametrize(
    ("word", "found"), [("a1b2c3d4e5f6", 0), ("a1b2c3d4e5f6-2", 1), ("a1f", 2)]
)
def test_a_start_or_a_whole_id_names_a_hunk(word: str, found: int) -> None:
    assert find_hunk(word, IDS) == IDS[found]


@pytest.mark.parametrize(("word", "what"), [("a1b", "2 hunks start with a1b"), ("b", "no hunk")])
def test_other_starts_are_refused(word: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        find_hunk(word, IDS)


def test_nothing_asked_is_everything() -> None:
    facts = review()
    assert choose_hunks(facts, Words(frozenset(), ())) == facts


def test_since_keeps_what_another_release_has_otherwise() -> None:
    assert names(choose_hunks(review(), Words(frozenset(), ()), since=OLDER)) == [
        "nova/other.patch"
    ]
    words = Words(frozenset({"nova/cafe.patch"}), ())
    assert choose_hunks(review(), words, since=OLDER).patches == ()


def test_unreviewed_leaves_out_what_somebody_decided() -> None:
    facts = review()
    first, second = facts.patches
    (hunk,) = first.hunks
    facts = replace(
        facts, patches=(replace(first, hunks=(replace(hunk, decision=decided(hunk)),)), second)
    )
    assert names(choose_hunks(facts, Words(frozenset(), ()), is_unreviewed=True)) == [second.name]
    assert names(choose_hunks(facts, Words(frozenset(), (hunk.id,)))) == [first.name]
