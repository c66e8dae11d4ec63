"""The state of a rebase between two commands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freebsd_port.engine.core.rebase.progress import (
    RebaseState,
    parse_rebase_state,
    render_rebase_state,
)

NAMES = st.from_regex(r"[a-z]{1,5}/[a-z]{1,5}\.patch", fullmatch=True)
STATE = RebaseState("2026.2", "2026.1", "2027-01-02")


@given(
    st.builds(
        RebaseState,
        *(st.text(max_size=5) for _ in range(3)),
        only=st.none() | st.text(max_size=5),
        stopped=st.none() | st.text(max_size=5),
        skipped=st.dictionaries(NAMES, st.text(max_size=5), max_size=3),
        settled=st.lists(NAMES, max_size=3).map(tuple),
        unfinished=st.lists(NAMES, max_size=3).map(tuple),
        saved=st.dictionaries(NAMES, st.booleans(), max_size=3),
        taken=st.dictionaries(NAMES, st.text(max_size=5), max_size=3),
    )
)
def test_what_is_written_is_read(state: RebaseState) -> None:
    assert parse_rebase_state(render_rebase_state(state)) == state


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ('"saved": {}', '"saved": {"../x": true}'),
        ('"saved": {}', '"saved": {"/x": true}'),
        ('"saved": {}', '"saved": {"x": "yes"}'),
        ('"taken": {}', '"taken": {"../x": "2025.1"}'),
        ('"taken": {}', '"taken": {"x": 1}'),
        ('"saved": {}', '"saved": []'),
        ('"settled": []', '"settled": ["../x"]'),
        ('"settled": []', '"settled": 1'),
        ('"skipped": {}', '"skipped": {"x": 1}'),
        ('"old": "2026.2"', '"old": 1'),
        ('"old": "2026.2",', '"old": "2026.2", "more": 1,'),
        ('"old": "2026.2",', ""),
        ("{", "["),
    ],
)
def test_what_we_cannot_have_written_is_refused(field: str, value: str) -> None:
    text = render_rebase_state(STATE).decode()
    assert field in text
    with pytest.raises(ValueError, match=r"\w"):
        parse_rebase_state(text.replace(field, value, 1).encode())
