"""coverage beside a run of checks: what it is told to measure and to follow, and what it found."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from freebsd_port.store.report import Executed, read_coverage

_TEXT = """\
[run]
data_file = {directory}/data
include =
    {include}
dynamic_context = test_function
parallel = true
concurrency = {concurrency}
{patch}
"""
_FOLLOW_FORKS = "patch =\n    _exit\n    fork"
_VERSION = re.compile(r"coverage-(\d+)\.(\d+)")


def write_configuration(
    scratch: Path, tools: Path, measured: tuple[Path, ...], concurrency: str
) -> None:
    """Write `rc` into the scratch directory, for the coverage that lies in `tools`.

    `concurrency` is what switches between the checks' frames, in coverage's words.
    """
    text = _TEXT.format(
        directory=scratch,
        include="\n    ".join(map(str, measured)),
        concurrency=concurrency,
        patch=_FOLLOW_FORKS if _follows_forks(tools) else "",
    )
    (scratch / "rc").write_text(text, "utf-8")


def _follows_forks(tools: Path) -> bool:
    """Tell whether this coverage can measure forks that leave by os._exit: since 7.10."""
    versions = [_VERSION.match(path.name) for path in tools.glob("coverage-*.dist-info")]
    return any((int(v[1]), int(v[2])) >= (7, 10) for v in versions if v)


def read_measurement(
    scratch: Path, python: Path, packages: Path, environment: Mapping[str, str]
) -> Executed:
    """Join the data files of the run and its forks, and read them by file and line."""
    probe = Path(__file__).with_name("coverage_probe.py")
    for words in (
        ["-m", "coverage", "combine", "-q", "--rcfile", "rc"],
        [str(probe), "data", "coverage.json"],
    ):
        subprocess.run(
            [str(python), *words],
            cwd=scratch,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    return read_coverage(scratch / "coverage.json", packages)
