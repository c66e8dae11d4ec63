"""Two texts of a series: which patches and hunks are one and the same, and how they differ."""

from __future__ import annotations

import pytest
from drawn_diffs import contents, unified, variants
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from freebsd_port.engine.core.interdiff.compare import FieldDiff, PatchDiff, compare_series
from freebsd_port.engine.core.interdiff.hunk_change import diff_hunks, diff_marked, diff_prose
from freebsd_port.engine.core.interdiff.pairing import HunkPair
from freebsd_port.engine.core.interdiff.read_series import SeriesText, read_series
from freebsd_port.engine.core.series.series import SeriesError
from freebsd_port.errors import ProblemsError

BASE = "".join(f"line {number}\n" for number in range(1, 61))
HEAD = "Subject: {}\nForwarded: no\n\nOn FreeBSD\nthis fails.\n\n"


def edit(text: str, *changes: tuple[int, str]) -> str:
    lines = text.splitlines(keepends=True)
    for number, new in sorted(changes, reverse=True):
        lines[number - 1 : number] = [new] if new else []
    return "".join(lines)


def patch(*changes: tuple[int, str], base: str = BASE, head: str = HEAD.format("one")) -> bytes:
    return head.encode() + unified(base.encode(), edit(base, *changes).encode(), 3)


def series(label: str = "new", order: str | None = None, **patches: bytes) -> SeriesText:
    files = {f"patches/nova/{name}.patch": data for name, data in patches.items()}
    listed = "".join(f"nova/{name}.patch\n" for name in patches) if order is None else order
    files["series"] = listed.encode()
    return read_series(files, label, "2026.2", ("2026.2",), frozenset())


def only(old: SeriesText, new: SeriesText) -> PatchDiff:
    (found,) = compare_series(old, new)
    return found


def one_patch(old: bytes, new: bytes) -> PatchDiff:
    return only(series(a=old), series(a=new))


def shown(pair: HunkPair, *, with_context: bool = False) -> list[str]:
    signs = {"both": " ", "old": "-", "new": "+"}
    sides = ([hunk.hunk for hunk in side] for side in (pair.old, pair.new))
    lines = diff_hunks(*sides, with_context=with_context)
    return [signs[line.side] + line.mark + line.text for line in lines]


TEN = (10, "ten\n")


def test_the_same_bytes_are_the_same() -> None:
    found = one_patch(patch(TEN), patch(TEN))
    assert (found.status, [pair.state for pair in found.hunks]) == ("same", ["same"])


def test_a_hunk_that_makes_the_same_change_elsewhere_only_moved() -> None:
    moved = unified(b"x\n" * 5 + BASE.encode(), b"x\n" * 5 + edit(BASE, TEN).encode(), 3)
    found = one_patch(patch(TEN), HEAD.format("one").encode() + moved)
    assert (found.status, [pair.state for pair in found.hunks]) == ("changed", ["moved"])


def test_other_context_is_no_other_change() -> None:
    found = one_patch(patch(TEN), patch(TEN, base=edit(BASE, (8, "eight\n"))))
    (pair,) = found.hunks
    assert pair.state == "context"
    assert shown(pair) == [" -line 10", " +ten"]
    assert "- line 8" in shown(pair, with_context=True)
    assert "+ eight" in shown(pair, with_context=True)


def test_a_changed_hunk_shows_how_the_change_itself_differs() -> None:
    long = (10, "if is_bhyve:\n    return None\n")
    found = one_patch(patch(long), patch((10, "if is_bhyve(self):\n    return None\n")))
    (pair,) = found.hunks
    assert pair.state == "changed"
    assert shown(pair) == [
        " -line 10",
        "-+if is_bhyve:",
        "++if is_bhyve(self):",
        " +    return None",
    ]
    lines = diff_hunks([pair.old[0].hunk], [pair.new[0].hunk])
    assert [line.text[a:b] for line in lines for a, b in line.words] == ["(self)"]


def test_words_are_compared_among_lines_of_one_mark() -> None:
    old = [(b"-", b"the first line\n"), (b"+", b"the second line\n")]
    new = [(b"-", b"the third line\n"), (b"+", b"the fourth line\n")]
    marked = [(line.side, line.mark, [line.text[a:b] for a, b in line.words])
              for line in diff_marked(old, new)]  # fmt: skip
    assert marked == [
        ("old", "-", ["first"]),
        ("old", "+", ["second"]),
        ("new", "-", ["third"]),
        ("new", "+", ["fourth"]),
    ]


def test_a_lost_newline_is_told() -> None:
    (line, *_) = diff_marked([(b"+", b"x")], [(b"+", b"x\n")])
    assert (line.side, line.has_newline) == ("old", False)


def test_a_change_cut_into_other_hunks_is_only_context() -> None:
    cut = patch(TEN, (18, "eighteen\n"))
    joined = patch(TEN, (17, "eighteen\n"), base=edit(BASE, (13, "")))
    found = one_patch(cut, joined)
    (pair,) = found.hunks
    assert (pair.state, len(pair.old), len(pair.new)) == ("context", 2, 1)
    back = one_patch(joined, cut)
    assert [(p.state, len(p.old), len(p.new)) for p in back.hunks] == [("context", 1, 2)]


def test_hunks_of_one_side_are_added_and_dropped() -> None:
    found = one_patch(patch(TEN, (40, "forty\n")), patch(TEN, (50, "something else there\n")))
    assert [pair.state for pair in found.hunks] == ["dropped", "same", "added"]


def test_hunks_are_found_in_another_file() -> None:
    old = patch(TEN)
    found = one_patch(old, old.replace(b"/f\n", b"/g\n"))
    (pair,) = found.hunks
    assert (pair.state, pair.old[0].path, pair.new[0].path) == ("moved", "f", "g")


def test_equal_changes_are_told_apart_by_their_context() -> None:
    same = edit(BASE, (10, "x\n"), (30, "x\n"), (50, "x\n"))
    changes = [(at, "y\n") for at in (10, 30, 50)]
    found = one_patch(patch(*changes, base=same), patch(*changes[1:], base=same))
    pairs = [(p.state, [h.number for h in (*p.old, *p.new)]) for p in found.hunks]
    assert pairs == [("dropped", [1]), ("same", [2, 1]), ("same", [3, 2])]


def test_fields_and_prose_are_compared_apart() -> None:
    new = HEAD.format("two").replace("this fails", "that fails") + "Also: no field\n\n"
    found = one_patch(patch(TEN), patch(TEN, head=new.replace("Forwarded: no\n", "")))
    assert found.fields == (FieldDiff("Subject", "one", "two"), FieldDiff("Forwarded", "no", None))
    assert [(line.side, line.text) for line in found.prose if line.side != "both"] == [
        ("old", "this fails."),
        ("new", "that fails."),
        ("new", ""),
        ("new", "Also: no field"),
    ]


def test_words_of_prose_are_marked() -> None:
    old, new = diff_prose("libvirt answers so", "libvirt replies so")
    assert [line.text[a:b] for line in (old, new) for a, b in line.words] == ["answers", "replies"]


def test_a_patch_is_known_again_by_another_name() -> None:
    other = patch((30, "nothing in common here\n"))
    found = compare_series(
        series(old=patch(TEN), gone=patch((50, "gone\n"))), series(fresh=other, new=patch(TEN))
    )
    assert [(one.name, one.status, one.old_name) for one in found] == [
        ("nova/fresh.patch", "added", None),
        ("nova/new.patch", "changed", "nova/old.patch"),
        ("nova/gone.patch", "dropped", None),
    ]


def test_the_very_same_change_is_known_before_one_of_the_same_words() -> None:
    words, swapped = patch((10, "one two\n")), patch((10, "two one\n"))
    found = compare_series(series(old=words), series(first=swapped, second=words))
    assert [one.old_name for one in found] == [None, "nova/old.patch"]


def test_the_fewest_patches_are_called_moved() -> None:
    texts = {name: patch((at, name)) for name, at in (("a\n", 5), ("b\n", 20), ("c\n", 35))}
    texts = {name.strip(): data for name, data in texts.items()}
    found = compare_series(series(**texts), series(c=texts["c"], a=texts["a"], b=texts["b"]))
    assert [(one.name, one.moved_behind) for one in found] == [
        ("nova/c.patch", ""),
        ("nova/a.patch", None),
        ("nova/b.patch", None),
    ]


def test_tags_switch_a_patch_off_and_on() -> None:
    on, off = "nova/a.patch\n", "nova/a.patch # not 2026.2: it is there\n"
    data = patch(TEN)
    found = only(series(a=data, order=on), series(a=data, order=off))
    assert found.status == "off"
    assert found.entry == (FieldDiff("tags", None, "not 2026.2: it is there"),)
    back = only(series(a=data, order=off), series(a=data, order=on))
    assert (back.status, [pair.state for pair in back.hunks]) == ("on", ["added"])
    strip = only(series(a=data, order=on), series(a=data, order="nova/a.patch -p0 -R\n"))
    assert strip.entry == (FieldDiff("strip", "1", "0"), FieldDiff("reverse", "no", "yes"))


def test_what_is_done_to_a_file_as_such_is_told() -> None:
    old = b"diff --git a/f b/f\nold mode 100644\nnew mode 100755\n"
    found = one_patch(old, old.replace(b"100755", b"100700"))
    assert [field.name for field in found.fields] == ["f"]


def test_another_form_of_the_same_is_a_change_without_a_difference() -> None:
    found = one_patch(patch(TEN), patch(TEN).replace(b"+++ b/f\n", b"+++ b/f\t2026-11-21\n"))
    assert (found.status, found.fields, [pair.state for pair in found.hunks]) == (
        "changed",
        (),
        ["same"],
    )


def test_each_release_has_its_own_text() -> None:
    files = {
        "series": b"nova/a.patch\nnova/b.patch # since 2026.1\n",
        "patches/nova/a.patch": patch(TEN),
        "patches/nova/a@2026.1.patch": patch((10, "ten of old\n")),
        "patches/nova/b.patch": patch((30, "b\n")),
    }
    order = ("2025.1", "2026.1", "2026.2")
    taken = {
        name: [one.file for one in read_series(files, name, name, order, frozenset()).patches]
        for name in order
    }
    assert taken == {
        "2025.1": ["nova/a@2026.1.patch", None],
        "2026.1": ["nova/a@2026.1.patch", "nova/b.patch"],
        "2026.2": ["nova/a.patch", "nova/b.patch"],
    }


def test_every_patch_that_cannot_be_read_is_told() -> None:
    files = {"series": b"a.patch\nb.patch\n", "patches/b.patch": b"no diff"}
    with pytest.raises(ProblemsError) as error:
        read_series(files, "v1", "2026.2", ("2026.2",), frozenset())
    assert [(p.what, p.where) for p in error.value.problems] == [
        ("the series names a.patch, which does not exist", "v1: series:1"),
        ("the patch contains no diff", "v1: patches/b.patch"),
    ]
    with pytest.raises(SeriesError, match="there is no series"):
        read_series({}, "v1", "2026.2", ("2026.2",), frozenset())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(st.data())
def test_each_hunk_is_in_one_pair_and_lines_of_both_sides_are_kept(data) -> None:
    texts = []
    for _ in range(2):
        old = data.draw(contents(min_size=2))
        new = data.draw(variants(old))
        assume(old != new)
        texts.append(unified(old, new, data.draw(st.integers(0, 3))))
    found = one_patch(*texts)
    for side in ("old", "new"):
        hunks = [hunk for pair in found.hunks for hunk in getattr(pair, side)]
        assert len({id(hunk) for hunk in hunks}) == len(hunks)
        (change,) = series(a=texts[side == "new"]).patches[0].patch.changes
        assert {hunk.hunk for hunk in hunks} == set(change.hunks)
    for pair in found.hunks:
        lines = diff_hunks([h.hunk for h in pair.old], [h.hunk for h in pair.new])
        for side, hunks in (("old", pair.old), ("new", pair.new)):
            marks = [line.mark for line in lines if line.side in ("both", side)]
            assert marks == [mark.decode() for hunk in hunks for mark, _ in hunk.change]
        is_equal = not any(line.side != "both" for line in lines)
        assert is_equal == (pair.state in ("same", "moved", "context"))
