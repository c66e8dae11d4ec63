"""What a run of checks left behind: pytest's report and the lines that ran, read into values."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_HANG = re.compile(
    r"(?:^(?:.*/)?(?P<check>[^/\n]+\.py::.+) )?Timeout \((?P<limit>.+)\)!$", re.MULTILINE
)
_FRAME = re.compile(r'File "(.+)", line (\d+) in (.+)')
_FRAMES = 4

Executed = dict[str, dict[int, frozenset[str]]]
"""Path in the tree, executed line, names of the checks that ran it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One check that failed, or was skipped."""

    check: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckCase:
    """One check as pytest reports it."""

    check: str
    outcome: Literal["passed", "failed", "skipped"]
    message: str
    seconds: float


@dataclass(frozen=True, slots=True)
class CheckRun:
    """What came of the checks of one distribution on one platform."""

    distribution: str
    platform: str
    header: str
    """What the run itself says of its platform: native, or how it was emulated."""

    passed: int
    skipped: tuple[Failure, ...]
    failures: tuple[Failure, ...]
    executed: Mapping[str, Mapping[int, frozenset[str]]]
    """Path in the tree, executed line, names of the checks that ran it."""

    patches: Mapping[str, tuple[int, int]]
    """Patch to the numbers of its checks that passed and that failed."""

    cases: tuple[CheckCase, ...] = ()
    """Every check that was run or skipped, in the order of the report."""

    @property
    def is_empty(self) -> bool:
        """Tell whether none of the checks was for this platform and these patches."""
        return not (self.passed or self.skipped or self.failures)


def read_recording(recording: Path, packages: Path) -> Executed:
    """Read what line_recorder wrote; empty when there is none, as when nothing was measured."""
    try:
        files = json.loads(recording.read_bytes())
    except (OSError, ValueError):
        return {}
    return {
        os.path.relpath(name, packages).replace(os.sep, "/"): {
            int(line): frozenset(checks) for line, checks in lines.items()
        }
        for name, lines in files.items()
    }


def read_report(
    junit: Path, directory: str, platform: str, *, output: str, is_failed: bool, executed: Executed
) -> CheckRun:
    """Read pytest's JUnit file, and from its output the header that names the platform.

    When pytest called the session a failure and no check failed, the run itself is the failure.
    """
    cases: list[CheckCase] = []
    patches: dict[str, tuple[int, int]] = {}
    for case in ET.parse(junit).getroot().iter("testcase"):  # noqa: S314 - our own pytest wrote it
        name = f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"
        bad = [child for child in case if child.tag in ("failure", "error")]
        skips = [child for child in case if child.tag == "skipped"]
        seconds = float(case.get("time") or 0)
        if bad:
            message = (bad[0].get("message") or "").strip()
            cases.append(CheckCase(name, "failed", message, seconds))
        elif skips:
            cases.append(CheckCase(name, "skipped", _reason(skips[0]), seconds))
        else:
            cases.append(CheckCase(name, "passed", "", seconds))
        for patch in _patches(case):
            good, failed = patches.get(patch, (0, 0))
            patches[patch] = (good + (not bad and not skips), failed + bool(bad))
    if is_failed and not any(case.outcome == "failed" for case in cases):
        cases.append(CheckCase(directory, "failed", last_words(output), 0))
    passed = sum(case.outcome == "passed" for case in cases)
    skipped, failures = (
        tuple(Failure(case.check, case.message) for case in cases if case.outcome == outcome)
        for outcome in ("skipped", "failed")
    )
    found = re.search(r"^platform: (.+?)(?:; \d+ checks.*)?$", output, re.MULTILINE)
    header = found[1] if found else platform
    return CheckRun(
        directory, platform, header, passed, skipped, failures, executed, patches, tuple(cases)
    )


def _reason(skip: ET.Element) -> str:
    """Give why a check was skipped; of a whole file pytest has that in the text only."""
    words = re.search(r"'Skipped: (.+)'\)$", (skip.text or "").strip())
    message = (skip.get("message") or "").strip()
    return words[1] if words and message == "collection skipped" else message


def _patches(case: ET.Element) -> set[str]:
    return {
        str(entry.get("value")) for entry in case.iter("property") if entry.get("name") == "patch"
    }


def last_words(output: str) -> str:
    """Give what pytest named as the error, else the last lines that are not blank."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    named = re.compile(r"E\s+[\w.]+(Error|Exception)\b")
    errors = [line[1:].strip() for line in lines if named.match(line)]
    return errors[0] if errors else " / ".join(lines[-3:]) or "it said nothing"


def find_hang(output: str) -> str | None:
    """Give the check that its limit ended and where the main thread stood, innermost first.

    None when no limit ended the run. It reads what `pytest -v` wrote, which begins a line with the
    check that runs, then faulthandler, of which the main thread is the last.
    """
    found = _HANG.search(output)
    if found is None:
        return None
    stack = output[found.end() :].rpartition("(most recent call first):")[2]
    places = [
        f"{os.path.basename(path)}:{line} in {name}"
        for path, line, name in _FRAME.findall(stack)[:_FRAMES]
    ]
    what = found["check"] or "pytest itself"
    return f"{what} did not go on within {found['limit']}, stood at {' / '.join(places)}"
