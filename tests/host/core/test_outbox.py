from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from freebsd_port.host.core.console import Outbox

NOTICE = b"\r\n[console bridge: %d bytes left out, see the console log]\r\n"


def test_what_does_not_fit_is_left_out_and_counted_where_it_is_missing() -> None:
    outbox = Outbox(200)
    outbox.put(b"x" * 200 + b"ab")
    outbox.put(b"cd")
    assert outbox.take(100) == b"x" * 100
    outbox.put(b"ef")
    assert outbox.take(1000) == b"x" * 100 + NOTICE % 4 + b"ef"


@given(st.lists(st.one_of(st.binary(max_size=40), st.integers(1, 30)), max_size=60))
def test_an_outbox_never_holds_much_more_than_its_limit_and_keeps_the_order(
    acts: list[bytes | int],
) -> None:
    outbox, taken, put = Outbox(64), b"", b""
    for act in acts:
        if isinstance(act, int):
            taken += outbox.take(act)
        else:
            outbox.put(act)
            put += act
        assert len(outbox) <= 64 + len(NOTICE) + 20
    if b"left out" not in taken + outbox.take(10_000):
        assert put.startswith(taken)
