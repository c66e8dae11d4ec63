"""Code that moved to another function or file."""

from __future__ import annotations

from freebsd_port.engine.core.rebase.moved_code import find_move
from freebsd_port.engine.core.source.scope import find_scopes
from freebsd_port.engine.core.text.splice import Splice

BASE = (
    b"def f():\n    call_first()\n    call_second()\n    call_third()\n    call_fourth()\n"
    b"\n\ndef g():\n    pass\n"
)


def test_a_splice_behind_the_last_line_of_the_scope_does_not_move_with_it() -> None:
    """Git sees a new end of a function behind the blank line that follows the old end."""
    base = BASE.splitlines(keepends=True)
    (scope, _) = find_scopes(BASE)
    other = BASE.replace(b"def f", b"def h").splitlines(keepends=True)
    files = [("m.py", other)]

    def move(line: int) -> object:
        splices = [Splice(line, line, (b"    return 1\n", b"\n"))]
        scopes = find_scopes(b"".join(other))
        return find_move(base, scope, splices, files, lambda path: scopes, lambda *_: False)

    assert move(2) is not None
    assert move(scope.stop + 1) is None
