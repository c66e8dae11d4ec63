"""Lines behind a hunk that its header does not count."""

from __future__ import annotations

import pytest

from freebsd_port.engine.core.patch.hunk import HunkError
from freebsd_port.engine.core.patch.patch import parse_patch, require_no_leftover

CHANGE = b"--- a/%s\n+++ b/%s\n@@ -1,1 +1,1 @@\n-one\n+two\n"


@pytest.mark.parametrize("text", [b"+three\n", b"-three\n", b" three\n", b"++three\n"])
def test_a_hunk_that_goes_on_is_refused_where_it_does(text: bytes) -> None:
    first, second = CHANGE % (b"a", b"a"), CHANGE % (b"b", b"b")
    for data, line in ((first + text, 6), (first + text + second, 6), (first + second + text, 11)):
        with pytest.raises(HunkError, match="more lines than its header says") as caught:
            require_no_leftover(parse_patch("nova/a.patch", data))
        assert caught.value.where == f"nova/a.patch:{line}"


@pytest.mark.parametrize("text", [b"", b"-- \n2.39.5\n", b"--\n", b"\n+ a list\n", b"Index: x\n"])
def test_text_between_and_behind_patches_is_fine(text: bytes) -> None:
    first, second = CHANGE % (b"a", b"a"), CHANGE % (b"b", b"b")
    require_no_leftover(parse_patch("nova/a.patch", b"+ a list\n" + first + text))
    require_no_leftover(parse_patch("nova/a.patch", first + text + second))
