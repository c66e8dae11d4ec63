"""A rebase of any series: what it writes where, what it keeps, and that a kill loses nothing."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from drawn_diffs import unified
from faults import Fault, run_and_die

from freebsd_port.engine.core.rebase.outcome import MisfitError, RebaseError
from freebsd_port.engine.ops.rebase import flow
from freebsd_port.engine.ops.rebase.flow import Rebased, UnfinishedError
from freebsd_port.engine.ops.rebase.series import (
    SeriesRebasing,
    SeriesRequest,
    find_place,
    start_series,
)
from freebsd_port.errors import UsageError

BASE = "".join(f"line {number}\n" for number in range(30))
TOP, MIDDLE = BASE.replace("line 3\n", "LINE 3\n"), BASE.replace("line 15\n", "LINE 15\n")
LAST = BASE.replace("line 28\n", "LINE 28\n")
HEADER = b"Description: x\nLast-Update: 2020-01-01\n\n"


def diff(old: str, new: str, name: str = "f") -> bytes:
    text = unified(old.encode(), new.encode(), 3)
    return text.replace(b"a/f", f"a/{name}".encode()).replace(b"b/f", f"b/{name}".encode())


@dataclass
class Made:
    """A series in debian/patches, and two trees."""

    root: Path

    @property
    def patches(self) -> Path:
        return self.root / "debian/patches"

    def save(self, series: str, **patches: bytes) -> None:
        self.patches.mkdir(parents=True, exist_ok=True)
        (self.patches / "series").write_text(series)
        for name, data in patches.items():
            (self.patches / f"{name}.patch").write_bytes(data)

    def tree(self, name: str, **files: str) -> None:
        for file, content in files.items():
            path = self.root / name / file.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    def rebasing(self, output: Path | None = None) -> SeriesRebasing:
        root = output or self.patches
        return SeriesRebasing(root, output is not None, "rebase", lambda message: None)

    def request(self) -> SeriesRequest:
        place = find_place(None, self.patches)
        return SeriesRequest(place, str(self.root / "old"), str(self.root / "new"))

    def start(self, output: Path | None = None) -> Rebased:
        return start_series(self.rebasing(output), self.request())

    def bytes(self) -> dict[str, bytes]:
        files = (path for path in self.patches.rglob("*") if path.is_file())
        return {path.relative_to(self.patches).as_posix(): path.read_bytes() for path in files}

    def work(self, path: str = "f") -> Path:
        return self.patches / ".rebase/series/work" / path


@pytest.fixture
def made(tmp_path: Path) -> Made:
    made = Made(tmp_path)
    made.tree("old", f=BASE)
    return made


def states(done: Rebased) -> list[str]:
    return [patch.state for patch in done.carried.patches]


def test_a_patch_that_still_applies_keeps_every_byte(made: Made) -> None:
    made.save("a.patch\n", a=HEADER + diff(BASE, TOP))
    made.tree("new", f="new first line\n" + BASE)
    before = made.bytes()
    done = made.start()
    assert (states(done), done.written) == (["kept"], ())
    assert made.bytes() == before


def test_only_the_file_that_must_change_is_written_anew(made: Made) -> None:
    made.tree("old", f=BASE, g=BASE)
    other = b"Index: g\n====\n--- a/g\t2020\n+++ b/g\t2021\n" + diff(BASE, TOP).split(b"\n", 2)[2]
    made.save("a.patch\n", a=HEADER + diff(BASE, MIDDLE) + b"between\n" + other + b"-- \n2.39\n")
    made.tree("new", f=BASE.replace("line 13\n", "changed\n"), g=BASE)
    done = made.start()
    text = (made.patches / "a.patch").read_bytes()
    assert (states(done), done.written) == (["rewritten"], ("a.patch",))
    assert text.startswith(HEADER + b"--- a/f\n+++ b/f\n")
    assert text.endswith(b"between\n" + other + b"-- \n2.39\n")
    assert b" changed\n" in text


def test_what_the_new_tree_has_becomes_a_comment_and_its_file_stays(made: Made) -> None:
    made.save("# of ours\na.patch -p1 # why\nb.patch\n", a=diff(BASE, TOP), b=diff(TOP, TOP[:-1]))
    made.tree("new", f=TOP)
    done = made.start()
    assert states(done) == ["upstreamed", "kept"]
    assert done.written == ("series",)
    assert (made.patches / "series").read_text() == (
        "# of ours\n# a.patch -p1 # why: new has it\nb.patch\n"
    )
    assert (made.patches / "a.patch").exists()


def test_names_strip_levels_and_compression_stay_as_the_patch_has_them(made: Made) -> None:
    plain = diff(BASE, MIDDLE).replace(b"--- a/f", b"--- f.orig").replace(b"+++ b/f", b"+++ f")
    deep = diff(MIDDLE, MIDDLE.replace("line 3\n", "3\n"))
    deep = deep.replace(b"a/f", b"x-1/src/f").replace(b"b/f", b"x-2/src/f")
    made.save("zero.patch -p0\ntwo.patch.gz -p2\n", zero=plain)
    (made.patches / "two.patch.gz").write_bytes(gzip.compress(deep))
    made.tree("new", f=BASE.replace("line 13\n", "13\n").replace("line 5\n", "5\n"))
    done = made.start()
    assert done.written == ("two.patch.gz", "zero.patch")
    assert (made.patches / "zero.patch").read_bytes().startswith(b"--- f\n+++ f\n")
    two = gzip.decompress((made.patches / "two.patch.gz").read_bytes())
    assert two.startswith(b"--- x-1/src/f\n+++ x-2/src/f\n")
    assert states(made_again(made)) == ["kept", "kept"]


def made_again(made: Made) -> Rebased:
    """Rebase what was written to the tree that it was written for."""
    request = replace(made.request(), old=made.request().new, max_fuzz=0)
    return start_series(made.rebasing(), request)


def test_a_reversed_patch_stays_reversed(made: Made) -> None:
    made.save("a.patch -R\n", a=diff(MIDDLE, BASE))
    made.tree("new", f=BASE.replace("line 13\n", "13\n"))
    assert states(made.start()) == ["rewritten"]
    text = (made.patches / "a.patch").read_bytes()
    assert b"-LINE 15\n+line 15\n" in text
    assert states(made_again(made)) == ["kept"]


def test_a_renamed_file_keeps_what_upstream_changed_in_it(made: Made) -> None:
    rename = b"diff --git a/f b/lib/g\nsimilarity index 96%\nrename from f\nrename to lib/g\n"
    made.save("a.patch\n", a=HEADER + rename + diff(BASE, TOP, "f").replace(b"b/f", b"b/lib/g"))
    made.tree("new", f=BASE.replace("line 5\n", "5\n").replace("line 28\n", "28\n"))
    assert states(made.start()) == ["rewritten"]
    text = (made.patches / "a.patch").read_bytes()
    assert b"rename from f\nrename to lib/g\n" in text
    assert states(made_again(made)) == ["kept"]


def test_a_file_that_upstream_renamed_takes_the_patch_with_it(made: Made) -> None:
    made.save("a.patch\n", a=HEADER + diff(BASE, TOP))
    made.tree("new", lib__h=BASE.replace("line 28\n", "28\n"))
    done = made.start()
    assert [hunk.path for hunk in done.carried.patches[0].hunks] == ["lib/h"]
    text = (made.patches / "a.patch").read_bytes()
    assert text.startswith(HEADER + b"--- a/lib/h\n+++ b/lib/h\n")


def test_modes_empty_files_and_files_named_twice_are_rebased(made: Made) -> None:
    empty = b"diff --git a/e b/e\nnew file mode 100755\nindex 0000000..e69de29\n"
    mode = b"diff --git a/f b/f\nold mode 100644\nnew mode 100755\n"
    twice = diff(BASE, TOP) + diff(TOP, TOP.replace("line 15\n", "LINE 15\n"))
    made.save("a.patch\nb.patch\nc.patch\n", a=empty, b=mode, c=twice)
    made.tree("new", f=BASE.replace("line 13\n", "13\n"))
    assert states(made.start()) == ["kept", "kept", "rewritten"]
    assert (made.patches / "c.patch").read_bytes().count(b"--- a/f") == 1
    assert states(made_again(made)) == ["kept", "kept", "kept"]


def test_fuzz_is_allowed_on_the_old_tree_and_gone_on_the_new_one(made: Made) -> None:
    off = BASE.replace("line 18\n", "other\n")
    made.save("a.patch\n", a=diff(off, off.replace("line 15\n", "LINE 15\n")))
    made.tree("new", f=BASE)
    with pytest.raises(RebaseError, match="the patch does not apply to old: hunk 1 of 1"):
        start_series(made.rebasing(), replace(made.request(), max_fuzz=0))
    assert states(made.start()) == ["rewritten"]
    assert states(made_again(made)) == ["kept"]


def test_output_gets_the_whole_series_and_the_old_one_stays(made: Made, tmp_path: Path) -> None:
    made.save("a.patch\nb.patch\n", a=diff(BASE, TOP), b=diff(TOP, TOP.replace("line 15", "15")))
    made.tree("new", f=BASE.replace("line 13\n", "13\n"))
    before, output = made.bytes(), tmp_path / "out"
    done = made.start(output)
    assert done.written == ("a.patch", "b.patch", "series")
    assert made.bytes() == before
    assert sorted(path.name for path in output.iterdir()) == ["a.patch", "b.patch", "series"]
    assert (output / "a.patch").read_bytes() == before["a.patch"]
    with pytest.raises(UsageError, match="the output directory is not empty"):
        made.start(output)


def test_nothing_is_written_before_the_last_conflict_is_settled(made: Made) -> None:
    made.save("a.patch\nb.patch\n", a=diff(BASE, MIDDLE), b=diff(MIDDLE, LAST_TOO))
    made.tree("new", f=BASE.replace("line 13\n", "13\n").replace("line 28\n", "28\n"))
    before = made.bytes()
    done = made.start()
    assert states(done) == ["rewritten", "conflict"]
    patches = {name: data for name, data in made.bytes().items() if ".rebase" not in name}
    assert patches == before
    with pytest.raises(UnfinishedError):
        flow.continue_rebase(made.rebasing())
    with pytest.raises(RebaseError, match="a rebase from old to new is in progress, stopped at b"):
        made.start()
    text = made.work().read_text()
    start, stop = text.index("<<<<<<< ours"), text.index("line 29\n")
    made.work().write_text(f"{text[:start]}SETTLED 28\n{text[stop:]}")
    done = flow.continue_rebase(made.rebasing())
    assert done.written == ("a.patch", "b.patch")
    assert b"+SETTLED 28\n" in (made.patches / "b.patch").read_bytes()
    assert not (made.patches / ".rebase").exists()


LAST_TOO = MIDDLE.replace("line 28\n", "LINE 28\n")


def clean(made: Made) -> None:
    """Make a series of which two patches and the series file change."""
    third = TOP.replace("line 15\n", "LINE 15\n")
    last = third.replace("line 28\n", "LINE 28\n")
    made.save(
        "a.patch\nb.patch\nc.patch\n", a=diff(BASE, TOP), b=diff(TOP, third), c=diff(third, last)
    )
    new = TOP.replace("line 13\n", "13\n").replace("line 26\n", "26\n")
    made.tree("new", f=new)


def test_a_rebase_killed_at_any_write_is_finished_by_the_same_command_or_aborted(
    made: Made,
) -> None:
    clean(made)
    before = made.bytes()
    kept = made.root / "kept"
    shutil.copytree(made.patches, kept)
    exact = replace(made.request(), max_fuzz=0)  # so that no rewritten patch passes for an old one

    def start() -> Rebased:
        return start_series(made.rebasing(), exact)

    fault = Fault()
    with pytest.MonkeyPatch.context() as patch:
        fault.install(patch)
        assert start().written == ("b.patch", "c.patch", "series")
    after = made.bytes()
    for at in range(1, len(fault.calls) + 1):
        shutil.rmtree(made.patches)
        shutil.copytree(kept, made.patches)
        assert run_and_die(start, Fault(at))
        if at % 2 and flow.read_rebase(made.patches):
            flow.abort_rebase(made.rebasing())
            assert made.bytes() == before
        if {n: d for n, d in made.bytes().items() if ".rebase" not in n} == after:
            with contextlib.suppress(MisfitError):  # it was done, but for what is left in .rebase
                start()
        else:
            start()
        assert made.bytes() == after


def test_a_killed_rebase_leaves_nothing_that_a_later_abort_would_take_for_the_original(
    made: Made,
) -> None:
    clean(made)
    made.start()
    stale = made.patches / ".rebase/series/originals"
    stale.mkdir(parents=True)
    (stale / "b.patch").write_bytes(b"from another time\n")
    second = replace(made.request(), old=str(made.root / "new"), new=str(made.root / "newer"))
    made.tree("newer", f=(made.root / "new/f").read_text().replace("line 12\n", "12\n"))
    before = made.bytes()
    before.pop(".rebase/series/originals/b.patch")

    def start() -> object:
        return start_series(made.rebasing(), second)

    at = last_replace(start, made)
    assert run_and_die(start, Fault(at))
    assert flow.read_rebase(made.patches)
    flow.abort_rebase(made.rebasing())
    assert made.bytes() == before


def last_replace(action: Callable[[], object], made: Made) -> int:
    """Give the number of the write that clears the state, which is the first one of the end."""
    copy = made.root / "copy"
    shutil.copytree(made.patches, copy)
    fault = Fault()
    with pytest.MonkeyPatch.context() as patch:
        fault.install(patch)
        action()
    shutil.rmtree(made.patches)
    os.rename(copy, made.patches)
    return max(number for number, name in enumerate(fault.calls, 1) if name == "replace") + 1
