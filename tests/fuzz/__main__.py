"""Random histories and damaged patches against GNU patch, git and quilt.

    .venv/bin/python tests/fuzz [--cases N] [--seed N] [--jobs N] [--case N]

Prints how many cases ended how. A failing case is made smaller and printed; exit status 1.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS.parent), str(TESTS), str(TESTS / "helpers"), str(TESTS / "fuzz")]

from fuzz.cases import BATCH, draw_cases, remake  # noqa: E402
from fuzz.checking import check, has_spaces  # noqa: E402
from fuzz.histories import Case  # noqa: E402
from fuzz.judges import find_quilt_fault  # noqa: E402
from fuzz.shrinking import shrink, shrink_history  # noqa: E402

QUILT_EACH = 25
"""quilt, and our whole way to the disk and back, run on one case in so many."""


def main() -> int:
    """Run the cases, print the counts, give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=5000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--case", type=int, metavar="N", help="this one only, and print it")
    options = parser.parse_args()
    missing = [tool for tool in ("git", "patch", "quilt") if not shutil.which(tool)]
    if missing:
        print(f"error: not installed: {', '.join(missing)}", file=sys.stderr)
        return 2
    os.umask(0o022)
    started = time.monotonic()
    counts: collections.Counter[str] = collections.Counter()
    faults: list[str] = []
    if options.case is not None:
        first = options.case // BATCH * BATCH
        batches = [(options.seed, first, options.case + 1, options.case)]
    else:
        firsts = range(0, options.cases, BATCH)
        batches = [(options.seed, one, min(one + BATCH, options.cases), None) for one in firsts]
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        for found, wrong in pool.map(run_batch, batches):
            counts += found
            faults += wrong
            for fault in wrong:
                print(fault, flush=True)
    for how, count in sorted(counts.items()):
        print(f"{count:7}  {how}")
    total = sum(count for how, count in counts.items() if not how.startswith("quilt"))
    print(f"{total} cases, {len(faults)} faults, {time.monotonic() - started:.0f} s, "
          f"seed {options.seed}")  # fmt: skip
    return 1 if faults else 0


def run_batch(
    batch: tuple[int, int, int, int | None],
) -> tuple[collections.Counter[str], list[str]]:
    """Run the cases of one batch; give how they ended, and a text for each that is wrong."""
    seed, first, stop, only = batch
    counts: collections.Counter[str] = collections.Counter()
    faults: list[str] = []
    shm = Path("/dev/shm")  # files in memory, where no inode comes back within a run
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=shm if shm.is_dir() else None) as name:
        room = Path(name)
        for number, kind, case in draw_cases(seed, first, stop, room):
            if only is not None and number != only:
                continue
            fuzz = 2 if number % 3 == 0 else 0
            how, fault = check(case, fuzz, room)
            counts[f"{kind}: {how}"] += 1
            if fault is None and number % QUILT_EACH == 0 and not has_spaces(case):
                counts["quilt, and to the disk and back"] += 1
                fault = find_quilt_fault(case.files, case.patches, fuzz, room)
            if fault is not None or only is not None:
                faults.append(_describe(number, kind, case, fuzz, room, fault))
    return counts, faults


def _describe(number: int, kind: str, case: Case, fuzz: int, room: Path, fault: str | None) -> str:
    if fault is None:
        return f"case {number} ({kind}), fuzz {fuzz}, is right\n{_text(case)}"
    start = fault.split(":")[0]

    def fails(one: Case) -> bool:
        other = check(one, fuzz, room)[1]
        if other is None and ("quilt" in start or "pop" in start):
            other = find_quilt_fault(one.files, one.patches, fuzz, room)
        return other is not None and other.split(":")[0] == start

    if case.recipe is not None:
        small = shrink_history(case, lambda recipe: remake(recipe, room), fails)
    else:
        small = shrink(case, fails)
    now = check(small, fuzz, room)[1] or fault
    return f"case {number} ({kind}), fuzz {fuzz}: {now}\n{_text(small)}"


def _text(case: Case) -> str:
    lines = [f"  {name} {mode:o} {content!r}" for name, (content, mode) in case.files.items()]
    for patch in case.patches:
        lines += [f"  | {line!r}" for line in patch.splitlines(keepends=True)]
        lines.append("  --")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
