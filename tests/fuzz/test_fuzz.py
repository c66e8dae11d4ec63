"""A small part of `make fuzz`, and that it finds what is wrong and makes it small."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fuzz.cases import BATCH, draw_cases
from fuzz.checking import check, has_spaces
from fuzz.histories import Case
from fuzz.judges import find_quilt_fault
from fuzz.shrinking import shrink

pytestmark = pytest.mark.skipif(
    not all(shutil.which(tool) for tool in ("git", "patch", "quilt")),
    reason="it needs git, GNU patch and quilt: pkg install git patch quilt",
)
SEED = 2026
TEN = b"".join(b"line %d\n" % number for number in range(1, 11))
GIT = b"diff --git a/f b/f\n--- a/f\n+++ b/f\n"


@pytest.mark.parametrize("first", [0, BATCH])
def test_the_first_cases_come_out_as_their_judges_have_them(first: int, tmp_path: Path) -> None:
    ends = set()
    for number, kind, case in draw_cases(SEED, first, first + BATCH, tmp_path):
        fuzz = 2 if number % 3 == 0 else 0
        how, fault = check(case, fuzz, tmp_path)
        assert fault is None, f"case {number} ({kind}): .venv/bin/python tests/fuzz --case {number}"
        if number % BATCH == 0:
            assert has_spaces(case) or not find_quilt_fault(
                case.files, case.patches, fuzz, tmp_path
            )
        ends.add(how)
    assert {"accepted, as git has it", "accepted", "refused by both", "refused by us"} <= ends


def test_the_same_seed_draws_the_same_cases(tmp_path: Path) -> None:
    first = [(kind, case) for _, kind, case in draw_cases(SEED, 0, 9, tmp_path)]
    assert first == [(kind, case) for _, kind, case in draw_cases(SEED, 0, 9, tmp_path)]


def test_a_lost_change_is_found_and_made_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the fault that this was written for: the third diff of a file read a stale one."""
    hunks = [b"@@ -%d,3 +%d,3 @@\n line %d\n-line %d\n+x\n line %d\n" % (n, n, n, n + 1, n + 2)
             for n in (1, 4, 7)]  # fmt: skip
    case = Case({"f": (TEN, 0o644)}, (b"".join(GIT + hunk for hunk in hunks),))
    assert check(case, 0, tmp_path)[1] is None
    monkeypatch.setattr("freebsd_port.engine.core.apply.draft.Draft._release", lambda draft: None)

    def fails(one: Case) -> bool:
        fault = check(one, 0, tmp_path)[1]
        return fault is not None and fault.startswith("GNU patch makes other files")

    assert fails(case)
    small = shrink(case, fails)
    assert small.patches[0].count(b"diff --git") == 1
