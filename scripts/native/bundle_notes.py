"""A pytest plugin: notes each test when it starts and when it ends, so that a killed run is known.

FREEBSD_PORT_NOTES names the file, a line of JSON for each note. FREEBSD_PORT_DONE names a file of
tests, one on each line, that an earlier run has done: they are left out.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

_LONGEST = 6000
_reports: dict[str, dict[str, Any]] = {}


def _note(**values: Any) -> None:
    with open(os.environ["FREEBSD_PORT_NOTES"], "a", encoding="utf-8") as notes:  # noqa: PTH123
        notes.write(json.dumps(values) + "\n")


def pytest_runtest_logstart(nodeid: str) -> None:
    """Note that it starts."""
    _note(start=nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect what its parts gave, and note the worst when it is torn down."""
    one = _reports.setdefault(
        report.nodeid, {"outcome": "passed", "seconds": 0.0, "message": "", "passed": False}
    )
    one["seconds"] += report.duration
    if report.failed:
        one["outcome"] = "failed"
        one["message"] += report.longreprtext[-_LONGEST:]
    elif report.skipped and one["outcome"] == "passed":
        one["outcome"] = "skipped"
        reason = report.longrepr
        one["message"] = str(reason[2] if isinstance(reason, tuple) else reason)
    if report.when == "teardown":
        del _reports[report.nodeid]
        one.pop("passed")
        _note(end=report.nodeid, **one)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Note a file that cannot be collected, or that skips itself, as a test of its own."""
    if report.failed:
        _note(end=report.nodeid, outcome="failed", seconds=0.0, message=report.longreprtext)
    elif report.skipped:
        reason = report.longrepr
        text = str(reason[2] if isinstance(reason, tuple) else reason)
        _note(end=report.nodeid, outcome="skipped", seconds=0.0, message=text)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what an earlier run has done, and note how many are to come."""
    done = set()
    if "FREEBSD_PORT_DONE" in os.environ:
        done = set(Path(os.environ["FREEBSD_PORT_DONE"]).read_text("utf-8").splitlines())
    gone = [item for item in items if item.nodeid in done]
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item.nodeid not in done]
    _note(collected=len(items))
