"""Small laws of the texts that authoring writes: series, header and body, diffs, annotations."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from freebsd_port.engine.core.exchange.file_diff import (
    annotate_lines,
    render_difference,
    render_differences,
)
from freebsd_port.engine.core.exchange.mail_out import port_file_name
from freebsd_port.engine.core.patch.cross_reading import find_disagreements
from freebsd_port.engine.core.patch.patch import (
    is_header_only,
    join_patch,
    parse_patch,
    split_patch,
)
from freebsd_port.engine.core.series.series import (
    insert_patch,
    parse_series,
    remove_patch,
    rename_patch,
)
from freebsd_port.engine.core.text.file import FileState

SERIES = (
    b"# order\n\na.patch\nsub/b.patch -p0   # not 2025.1: because of a.patch\n"
    b"\t\n# between\nc.patch -R # c.patch\r\nd.patch"
)


def test_a_line_is_put_before_a_patch_or_at_the_end() -> None:
    assert insert_patch(SERIES, "new.patch", before="c.patch") == SERIES.replace(
        b"c.patch -R", b"new.patch\nc.patch -R"
    )
    assert insert_patch(SERIES, "new.patch -p0", before=None) == SERIES + b"\nnew.patch -p0\n"
    assert insert_patch(b"", "new.patch", before=None) == b"new.patch\n"


def test_only_the_name_in_front_is_renamed() -> None:
    assert rename_patch(SERIES, "a.patch", "x/y.patch") == SERIES.replace(
        b"\na.patch\n", b"\nx/y.patch\n"
    )
    assert rename_patch(SERIES, "c.patch", "z.patch") == SERIES.replace(
        b"c.patch -R", b"z.patch -R"
    )


@pytest.mark.parametrize("name", ["a.patch", "sub/b.patch", "c.patch", "d.patch"])
def test_a_patch_removed_takes_its_line_and_nothing_else(name: str) -> None:
    left = remove_patch(SERIES, name)
    assert set(parse_series(SERIES).names) - set(parse_series(left).names) == {name}
    assert left.count(b"\n") >= SERIES.count(b"\n") - 1
    assert b"# order\n" in left
    assert b"# between\n" in left


@given(st.lists(st.sampled_from([b"--- a\n", b"--- \n", b"text\n", b"Index: x\n", b"diff -\r\n"])))
def test_header_and_body_are_the_whole(lines: list[bytes]) -> None:
    data = b"".join(lines)
    header, body = split_patch(data)
    assert header + body == data == join_patch(header, body)
    assert split_patch(header) == (header, b"")


@pytest.mark.parametrize(
    ("data", "is_begun"),
    [
        (b"Subject: x\n\nprose --- with dashes\n", True),
        (b"", True),
        (b"Subject: x\n\n--- a/x\n+++ b/x\n", False),
        (b"@@ -1 +1 @@\n-a\n+b\n", False),
        (b"1,2c3\n< a\n", False),
        (b"*** a\n", False),
    ],
)
def test_a_patch_begun_has_nothing_like_a_diff(data: bytes, is_begun: bool) -> None:
    assert is_header_only(data) is is_begun


STATES = st.none() | st.builds(
    FileState,
    st.lists(st.sampled_from([b"a\n", b"b\r\n", b"\n", b"-- x\n", b"z"]), max_size=4).map(b"".join),
    st.sampled_from([0o644, 0o755]),
)


@given(st.lists(st.tuples(STATES, STATES), max_size=4))
@example([(None, FileState(b"", 0o644)), (None, FileState(b"a\n", 0o644))])
@example([(FileState(b"a\n", 0o644), FileState(b"a\n", 0o755)), (FileState(b"a\n"), None)])
def test_each_change_is_read_as_one_change_of_its_file(
    pairs: list[tuple[FileState | None, FileState | None]],
) -> None:
    changes = [(f"f{number}", *pair) for number, pair in enumerate(pairs)]
    parts = render_differences(changes)
    patch = parse_patch("x", b"".join(parts), is_begun=True)
    names = [f"f{number}".encode() for number, part in enumerate(parts) if part]
    read = [(c.new if c.new and c.new.name else c.old) for c in patch.changes]
    assert [side.name.rpartition(b"/")[2] for side in read if side and side.name] == names
    assert find_disagreements(patch, b"".join(parts)) == ()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a b", b"b/a b\t"),
        ("a\nb", b'"b/a\\nb"'),
        ('a"b', b'"b/a\\"b"'),
        ("a\\b", b'"b/a\\\\b"'),
        ("a b ", b'"b/a b "'),
        ("a\tb\x1b\x7f", b'"b/a\\tb\\033\\177"'),
        ("caf\u00e9\udcff", b"b/caf\xc3\xa9\xff"),
    ],
)
def test_a_name_is_quoted_where_it_could_not_be_read(name: str, shown: bytes) -> None:
    new = FileState(b"x\n", 0o644)
    assert render_difference(name, None, new).startswith(b"--- /dev/null\n+++ " + shown + b"\n")
    for before, after in ((None, FileState(b"", 0o644)), (new, FileState(b"x\n", 0o755))):
        text = render_difference(name, before, after)
        (change,) = parse_patch("x", text).changes
        assert change.new
        assert change.new.name == b"b/" + name.encode("utf-8", "surrogateescape")


def test_a_line_belongs_to_the_version_that_brought_it() -> None:
    versions = [[b"a\n", b"b\n"], [b"a\n", b"x\n", b"b\n"], [b"x\n", b"b\n", b"c\n"]]
    assert annotate_lines(versions) == [1, 0, 2]
    assert annotate_lines([[], [b"a\n"]]) == [1]


def test_ports_double_an_underscore() -> None:
    assert port_file_name("nova/virt/libvirt/driver.py") == "patch-nova_virt_libvirt_driver.py"
    assert port_file_name("oslo_privsep/__init__.py") == "patch-oslo__privsep_____init____.py"
