"""Code that moved to another function or file."""

from __future__ import annotations

from memory_tree import MemoryTree

from freebsd_port.engine.core.rebase.moved_code import find_likely_files, find_move
from freebsd_port.engine.core.rebase.tree_version import Version
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


def test_only_modules_with_enough_lines_of_a_function_are_searched_for_it() -> None:
    text = BASE.splitlines(keepends=True)[:5]
    indented = b"class C:\n" + b"".join(b"    " + line for line in text)
    tree = MemoryTree({"p/a.py": BASE, "p/b.py": indented, "p/c.py": b"def f():\n    pass\n"})
    version = Version(tree)

    def likely() -> list[str]:
        return [path for path, _ in find_likely_files(version, "p/x.py", text)]

    assert likely() == ["p/a.py", "p/b.py"]
    version.write("p/c.py", list(text))
    version.write("p/a.py", None)
    assert likely() == ["p/b.py", "p/c.py"]
