"""What a patch that is called ready for upstream must bring along."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from small_overlay import diff
from upstream_tests import NOTE, NOTE_NAME, READY_HEADER

from freebsd_port.engine.core.patch.header import parse_header
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.errors import PortError
from freebsd_port.openstack.core.upstream.ready import (
    TESTS,
    ReadyPatch,
    commit_message,
    find_note_faults,
    find_ready_faults,
    find_stray_faults,
    is_ready,
    read_ready,
)

NAME = "oslo.privsep/who.patch"
CODE = diff("oslo_privsep/who.py", b"old\n", b"new\n")
FILES = {TESTS: diff("oslo_privsep/tests/test_who.py", b"old\n", b"new\n"), NOTE_NAME: NOTE}


def ready(header: str = READY_HEADER, files: Mapping[str, bytes] = FILES) -> ReadyPatch:
    entry = SeriesEntry(NAME, 1, reverse=False, comment="", line=1)
    return read_ready(entry, header.encode() + CODE, files)


def faults(one: ReadyPatch) -> list[str]:
    return [fault.what.removeprefix(f"{NAME}: ") for fault in find_ready_faults(one)]


def test_only_the_word_of_the_field_makes_a_patch_ready():
    assert is_ready(ready().data)
    assert not is_ready(READY_HEADER.replace("Upstream: ready\n", "").encode() + CODE)
    assert not is_ready(READY_HEADER.replace(": ready", ": not yet").encode() + CODE)
    assert not is_ready(READY_HEADER.replace("Upstream: ready\n", "").encode() + b"Upstream: ready")


def test_a_patch_with_test_and_note_has_no_fault():
    assert faults(ready()) == []


def test_a_new_test_module_is_a_test_too():
    files = {"oslo_privsep/tests/unit/test_new.py": b"", NOTE_NAME: NOTE}
    assert faults(ready(files=files)) == []


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({NOTE_NAME: NOTE}, "it is ready for upstream and has no unit test"),
        ({TESTS: FILES[TESTS]}, "it is ready for upstream and has no release note"),
        (
            {**FILES, "oslo_privsep/more.py": b""},
            "oslo_privsep/more.py is neither a test nor a release note",
        ),
        (
            {**FILES, TESTS: diff("oslo_privsep/who.py", b"a\n", b"b\n")},
            "tests.patch changes oslo_privsep/who.py, which is not a test",
        ),
        (
            {**FILES, NOTE_NAME: b"---\nfixed:\n  - it\n"},
            f"{NOTE_NAME}: fixed: is not a section of a release note",
        ),
    ],
)
def test_what_is_missing_or_out_of_place_is_reported(
    files: Mapping[str, bytes], fault: str
) -> None:
    assert faults(ready(files=files)) == [fault]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("who: say", f"who: {'very ' * 12}say", "the subject has more than 72 characters"),
        (
            "It must be a patch because no",
            "Nothing is wrong with it and no",
            "the last paragraph of the header does not say why it must be a patch",
        ),
        (
            "On FreeBSD this",
            "Without this patch it",
            "the header speaks of patches above its last paragraph",
        ),
        (
            "words to tell.",
            "words to tell on one line.",
            "a line of the header has more than 72 characters",
        ),
    ],
)
def test_a_header_that_is_no_commit_message_is_reported(old: str, new: str, fault: str) -> None:
    assert old in READY_HEADER
    assert faults(ready(READY_HEADER.replace(old, new))) == [fault]


def test_the_commit_message_leaves_out_why_it_must_be_a_patch():
    assert commit_message(parse_header(READY_HEADER.encode())) == (
        "On FreeBSD this went wrong in a way that takes some words to tell."
    )


def test_a_note_needs_renos_name_and_sections():
    assert find_note_faults(NOTE_NAME, NOTE) == []
    assert find_note_faults("releasenotes/notes/who.yaml", NOTE) == [
        "the name does not end in a dash, 16 hexadecimal digits and .yaml"
    ]
    assert find_note_faults(NOTE_NAME, b"fixes:\n") == [
        "the first line is not ---",
        "it has no section",
    ]


def test_a_directory_without_a_ready_patch_is_reported():
    found = find_stray_faults(["nova/a.upstream", "nova/b.upstream"], ["nova/a.patch"])
    assert [(one.what, one.where) for one in found] == [
        (
            "nova/b.upstream belongs to no patch that is ready for upstream",
            "patches/nova/b.upstream",
        )
    ]


def test_tests_that_are_no_patch_are_refused():
    with pytest.raises(PortError) as caught:
        ready(files={TESTS: b"--- a/x\n+++ b/x\n@@ -1,2 @@\n-one\n"})
    assert f"oslo.privsep/who.upstream/{TESTS}" in f"{caught.value.what} {caught.value.where}"
