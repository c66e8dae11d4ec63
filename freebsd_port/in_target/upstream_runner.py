"""Run upstream's tests and note what came of each: a script for the target's interpreter.

It finds tests as stestr does, by unittest's loader, so scenarios and data-driven tests come out
with the same names. Only the standard library is imported before the tests are: upstream patches
modules for eventlet when its own packages are imported.

    python upstream_runner.py REQUEST NOTES

REQUEST is JSON: `modules`, `shard` and `shards` (every shards-th test from shard on), `only` and
`leave_out` (names of tests; `only` null means all). NOTES gets one JSON array a line:
["found", N], ["start", NAME], [OUTCOME, NAME, MESSAGE], ["end"].
"""

from __future__ import annotations

import json
import os
import sys
import unittest
from collections.abc import Iterator
from typing import Any, TextIO


class NoteWriter(unittest.TestResult):
    """A result that writes each outcome down at once, so that a crash loses nothing."""

    def __init__(self, file: TextIO) -> None:
        super().__init__()
        self._file = file
        self._owner = os.getpid()

    def note(self, *words: object) -> None:
        """Write one line; a forked child is no second witness."""
        if os.getpid() == self._owner:
            self._file.write(json.dumps(words) + "\n")
            self._file.flush()

    def startTest(self, test: Any) -> None:  # noqa: D102 - unittest's
        super().startTest(test)
        self.note("start", test.id())

    def addSuccess(self, test: Any) -> None:  # noqa: D102 - unittest's
        self.note("passed", test.id(), "")

    def addError(self, test: Any, err: Any) -> None:  # noqa: D102 - unittest's
        self.note("failed", test.id(), _last_line(err))

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: D102 - unittest's
        self.note("failed", test.id(), _last_line(err))

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: D102 - unittest's
        if err is not None:
            self.note("failed", test.id(), _last_line(err))

    def addSkip(self, test: Any, reason: Any) -> None:  # noqa: D102 - unittest's
        self.note("skipped", test.id(), str(reason))

    def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: D102 - unittest's
        self.note("passed", test.id(), "an expected failure")

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: D102 - unittest's
        self.note("failed", test.id(), "passed, and was expected to fail")


def _last_line(err: Any) -> str:
    lines = [line.strip() for line in str(err[1]).splitlines() if line.strip()]
    return "{}: {}".format(getattr(err[0], "__name__", err[0]), lines[-1] if lines else "")


def flatten(suite: Any) -> Iterator[Any]:
    """Yield the single tests of nested suites, in their order."""
    if hasattr(suite, "__iter__"):
        for each in suite:
            yield from flatten(each)
    else:
        yield suite


def select(tests: list[Any], request: dict[str, Any]) -> list[Any]:
    """Choose this shard's share, the same on every run."""
    share = tests[request["shard"] :: request["shards"]]
    if request["only"] is not None:
        share = [test for test in share if test.id() in request["only"]]
    return [test for test in share if test.id() not in request["leave_out"]]


def main() -> None:
    """Load, choose, run; leave without waiting for threads that the tests left behind."""
    with open(sys.argv[1], encoding="utf-8") as file:
        request = json.load(file)
    notes = sys.argv[2]
    del sys.argv[1:]  # nova reads the command line for configuration files
    sys.path[0] = os.getcwd()  # in place of this script's directory, as `python -m` has it
    with open(notes, "a", encoding="utf-8") as file:
        result = NoteWriter(file)
        loader = unittest.TestLoader()
        suites = [loader.loadTestsFromName(name) for name in request["modules"]]
        tests = select(list(flatten(suites)), request)
        result.note("found", len(tests))
        unittest.TestSuite(tests).run(result)
        result.note("end")
        os._exit(0)


if __name__ == "__main__":
    main()
