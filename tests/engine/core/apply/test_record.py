"""RECORD: rows follow the files, and nothing else in it moves."""

from __future__ import annotations

import base64
import csv
import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freebsd_port.engine.core.apply.record import hex_to_record, record_paths, update_record
from freebsd_port.engine.core.text.file import FileState

RECORD = (
    b"../../bin/tool,sha256=abc,10\n"
    b"pkg/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"
    b"pkg/a.py,sha256=old,3\n"
    b'"pkg/with, comma.py",sha256=old,3\n'
    b"pkg/__pycache__/a.cpython-311.pyc,,\n"
    b"pkg/__pycache__/ab.cpython-311.pyc,,\n"
    b"pkg-1.dist-info/RECORD,,\n"
)


def record_hash(content: bytes) -> str:
    digest = hashlib.sha256(content).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def test_the_hash_field_is_urlsafe_base64_without_padding() -> None:
    empty = hex_to_record(hashlib.sha256(b"").hexdigest())
    assert empty == "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
    for number in range(64):
        content = bytes([number])
        assert hex_to_record(hashlib.sha256(content).hexdigest()) == record_hash(content)


@given(st.lists(st.tuples(st.text('ab/.," é', min_size=1), st.text("sha256=x_-"))))
def test_rows_are_read_as_the_csv_module_reads_them(rows: list[tuple[str, str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows((*row, "3") for row in rows)
    text = out.getvalue()
    read = {row[0]: row[1] for row in csv.reader(io.StringIO(text, newline="")) if row}
    assert record_paths(text.encode()) == read


@given(st.text('ab/.," é', min_size=1), st.binary())
def test_a_new_row_is_written_as_the_csv_module_writes_it(path: str, content: bytes) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerow((path, record_hash(content), len(content)))
    assert update_record(b"", {path: FileState(content)}) == out.getvalue().encode()


def test_paths_come_with_their_hash_field_in_file_order() -> None:
    rows = record_paths(RECORD)
    assert list(rows)[:2] == ["../../bin/tool", "pkg/__init__.py"]
    assert rows["pkg/with, comma.py"] == "sha256=old"
    assert rows["pkg-1.dist-info/RECORD"] == ""


def test_a_changed_file_changes_its_row_alone() -> None:
    row = f"pkg/a.py,{record_hash(b'new')},3".encode()
    assert update_record(RECORD, {"pkg/a.py": FileState(b"new")}) == RECORD.replace(
        b"pkg/a.py,sha256=old,3", row
    )


def test_a_quoted_path_is_found_and_stays_quoted() -> None:
    updated = update_record(RECORD, {"pkg/with, comma.py": FileState(b"12345")})
    row = f'"pkg/with, comma.py",{record_hash(b"12345")},5\n'.encode()
    assert updated == RECORD.replace(b'"pkg/with, comma.py",sha256=old,3\n', row)


def test_new_files_go_to_the_end_sorted() -> None:
    updated = update_record(RECORD, {"pkg/z.py": FileState(b""), "pkg/b.py": FileState(b"")})
    assert updated.startswith(RECORD)
    assert [row.split(b",")[0] for row in updated[len(RECORD) :].splitlines()] == [
        b"pkg/b.py",
        b"pkg/z.py",
    ]


def test_a_removed_module_takes_its_row_and_its_bytecode_rows_along() -> None:
    updated = update_record(RECORD, {"pkg/a.py": None})
    assert updated == RECORD.replace(b"pkg/a.py,sha256=old,3\n", b"").replace(
        b"pkg/__pycache__/a.cpython-311.pyc,,\n", b""
    )


def test_a_removed_module_at_the_top_takes_its_bytecode_rows_along() -> None:
    record = b"top.py,,\n__pycache__/top.cpython-311.pyc,,\nx.py,,\n"
    assert update_record(record, {"top.py": None}) == b"x.py,,\n"


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_line_ends_stay_and_a_missing_last_one_is_mended_only_to_append(end: bytes) -> None:
    record = b"a.py,," + end + b"b.py,,"
    assert update_record(record, {}) in (record, record + end)
    updated = update_record(record, {"c.py": FileState(b"")})
    assert updated == record + end + f"c.py,{record_hash(b'')},0".encode() + end


def test_no_change_gives_the_same_bytes() -> None:
    assert update_record(RECORD, {}) == RECORD
    assert update_record(b"", {}) == b""
