"""Which file holds the text of a patch for a release."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from freebsd_port.engine.core.series.series import parse_series
from freebsd_port.engine.core.series.variant import (
    pick_file,
    place_text,
    tag_series,
    variant_name,
)

ORDER = ("xena", "2023.1", "2024.1", "2025.1", "2026.1")
NAME = "nova/a.patch"


def test_a_release_takes_the_nearest_variant_at_or_after_it() -> None:
    present = {NAME, "nova/a@2024.1.patch", "nova/a@xena.patch"}
    picked = [pick_file(NAME, release, ORDER, present) for release in ORDER]
    assert picked == [
        "nova/a@xena.patch", "nova/a@2024.1.patch", "nova/a@2024.1.patch", NAME, NAME
    ]  # fmt: skip


def test_a_text_for_an_older_release_becomes_a_variant() -> None:
    assert place_text(NAME, "2024.1", ORDER, {"2026.1"}, {NAME: b"new"}, b"old") == {
        "nova/a@2024.1.patch": b"old"
    }


def test_a_text_for_a_newer_release_becomes_the_patch_and_the_old_text_a_variant() -> None:
    carried = {"2024.1", "2025.1"}
    assert place_text(NAME, "2026.1", ORDER, carried, {NAME: b"old"}, b"new") == {
        NAME: b"new",
        "nova/a@2025.1.patch": b"old",
    }


def test_a_text_that_is_taken_already_needs_no_file() -> None:
    assert place_text(NAME, "2024.1", ORDER, {"2026.1"}, {NAME: b"same"}, b"same") == {}


@given(
    st.dictionaries(
        st.sampled_from([NAME, *(variant_name(NAME, one) for one in ORDER)]),
        st.sampled_from([b"1", b"2", b"3"]),
    ),
    st.sets(st.sampled_from(ORDER)),
    st.sampled_from(ORDER),
    st.sampled_from([b"1", b"2", b"new"]),
)
def test_no_other_carried_release_takes_another_text(
    files: dict[str, bytes], carried: set[str], release: str, text: bytes
) -> None:
    files = {NAME: b"0"} | files
    after = {**files, **place_text(NAME, release, ORDER, carried, files, text)}
    assert after[pick_file(NAME, release, ORDER, after)] == text
    for other in carried - {release}:
        taken = files[pick_file(NAME, other, ORDER, files)]
        assert after[pick_file(NAME, other, ORDER, after)] == taken


def test_a_tag_switches_the_patch_off_and_keeps_what_the_line_says() -> None:
    series = (
        b"# order\nnova/a.patch -p1\nnova/b.patch   # not xena: no such file\nnova/c.patch # x\n"
    )
    for name, line in (
        (NAME, b"nova/a.patch -p1   # not 2025.1: 2025.1 has it\n"),
        ("nova/b.patch", b"nova/b.patch   # not xena, not 2025.1: no such file; 2025.1 has it\n"),
        ("nova/c.patch", b"nova/c.patch   # not 2025.1: 2025.1 has it; x\n"),
    ):
        tagged = tag_series(series, name, "2025.1", "2025.1 has it")
        assert line in tagged
        assert len(tagged.split(b"\n")) == len(series.split(b"\n"))
        entry = next(e for e in parse_series(tagged).entries if e.name == name)
        assert "2025.1" in entry.excluded
        assert [e.name for e in parse_series(tagged).entries] == [
            "nova/a.patch", "nova/b.patch", "nova/c.patch"
        ]  # fmt: skip


def test_a_tag_that_somebody_else_reads_stays_a_tag() -> None:
    tagged = tag_series(
        b"a.patch # part network, part storage\n", "a.patch", "2025.1", "gone there"
    )
    assert tagged == b"a.patch   # part network, part storage, not 2025.1: gone there\n"
    prose = tag_series(b"a.patch # only where it is built\n", "a.patch", "2025.1", "gone there")
    assert prose == b"a.patch   # not 2025.1: gone there; only where it is built\n"
