"""Run upstream's own tests in a baseline environment, and keep the outcomes of unpatched wheels.

Those outcomes depend on the wheels, not on the target, so they live in the user's cache.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from freebsd_port.engine.core.text.file import hash_bytes
from freebsd_port.errors import PortError
from freebsd_port.in_target import IN_TARGET
from freebsd_port.openstack.core.proof.outcomes import (
    Ending,
    Outcomes,
    RunNotes,
    merge_outcomes,
    read_notes,
)
from freebsd_port.openstack.store.proof.baseline import Baseline
from freebsd_port.openstack.store.python.wheels import cache_directory


@dataclass(frozen=True, slots=True)
class KnownOutcomes:
    """The outcomes, and when the tests ran."""

    time: str
    """UTC, ISO 8601, to the second."""

    outcomes: Outcomes


def digest_key(parts: Mapping[str, object]) -> str:
    """Give the name under which outcomes are kept: a hash of all that they may depend on."""
    return hash_bytes(json.dumps(parts, sort_keys=True).encode())


def find_known(key: str) -> KnownOutcomes | None:
    """Give what is kept under a key, or None."""
    try:
        value = json.loads((cache_directory() / "upstream" / f"{key}.json").read_bytes())
        outcomes = {
            name: Ending(outcome, message) for name, (outcome, message) in value["outcomes"].items()
        }
        return KnownOutcomes(value["time"], outcomes)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def save_known(key: str, known: KnownOutcomes) -> None:
    """Keep it; a cache that cannot be written only costs the next run some time."""
    import contextlib

    from freebsd_port.engine.store.files.write import replace_file

    directory = cache_directory() / "upstream"
    outcomes = {name: [one.outcome, one.message] for name, one in known.outcomes.items()}
    with contextlib.suppress(OSError):
        directory.mkdir(parents=True, exist_ok=True)
        data = json.dumps({"time": known.time, "outcomes": outcomes})
        replace_file(directory / f"{key}.json", data.encode())


SILENCE_SECONDS = 600
"""How long no test may end before the process is; upstream's own limit for one is shorter."""

_TEST_SECONDS = 300
_POLL_SECONDS = 0.25
_TELL_SECONDS = 20
_RUNNER = IN_TARGET / "upstream_runner.py"
_DROPPED = ("PYTHON", "OS_", "NOVA_", "TRANSPORT_", "COVERAGE_", "LC_", "LANG")
_RESTARTS = 20


class UpstreamError(PortError):
    """Upstream's tests could not be run, or not be compared."""


@dataclass(frozen=True, slots=True)
class Share:
    """The tests that one process runs: every `shards`-th of the modules' from `shard` on."""

    modules: tuple[str, ...]
    shard: int = 0
    shards: int = 1
    only: tuple[str, ...] | None = None
    leave_out: tuple[str, ...] = ()


Tell = Callable[[int, int | None], None]
"""Takes how many tests ended, and how many there are once that is known."""


def run_tests(
    baseline: Baseline, modules: Sequence[str], *, shards: int, tell: Tell, stop: Event
) -> dict[str, Ending]:
    """Run all tests of the modules, shared out the same way every time; gives each outcome.

    Setting `stop` ends the run. Raises UpstreamError when the tests cannot be loaded.
    """
    shares = [Share(tuple(modules), shard, shards) for shard in range(shards)]
    with tempfile.TemporaryDirectory(
        prefix="fp-", ignore_cleanup_errors=True
    ) as name:  # a short name: the tests put sockets in it
        places = [Path(name) / str(share.shard) for share in shares]
        with ThreadPoolExecutor(max_workers=shards + 1) as pool:
            parts = [
                pool.submit(_run_share, baseline, share, place, stop)
                for share, place in zip(shares, places, strict=True)
            ]
            try:
                _tell_until_done(parts, places, tell)
                return merge_outcomes(part.result() for part in parts)
            except BaseException:
                stop.set()
                raise


def run_alone(baseline: Baseline, modules: Sequence[str], test: str, stop: Event) -> Ending | None:
    """Run one test in a process of its own; None when there is no such test."""
    return run_only(baseline, modules, (test,), stop).get(test)


def run_only(
    baseline: Baseline, modules: Sequence[str], tests: Sequence[str], stop: Event
) -> dict[str, Ending]:
    """Run some tests of the modules in one process; a test that is not there is left out."""
    with tempfile.TemporaryDirectory(prefix="fp-", ignore_cleanup_errors=True) as name:
        share = Share(tuple(modules), only=tuple(tests))
        return _run_share(baseline, share, Path(name) / "0", stop)


def has_sudo() -> bool:
    """Tell whether a test can become root without a password, as some of upstream's do."""
    words = ["sudo", "-n", "true"]
    try:
        return subprocess.run(words, capture_output=True, check=False, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def runner_digest() -> str:
    """Hash the script that runs the tests, as what it does may change their outcome."""
    return hash_bytes(_RUNNER.read_bytes())


def _tell_until_done(parts: Sequence[object], places: Sequence[Path], tell: Tell) -> None:
    from concurrent.futures import FIRST_EXCEPTION, Future, wait

    running = [part for part in parts if isinstance(part, Future)]
    while wait(running, timeout=_TELL_SECONDS, return_when=FIRST_EXCEPTION).not_done:
        if any(part.done() and part.exception() for part in running):
            return
        notes = [_read(place) for place in places]
        founds = [note.found for note in notes]
        total = None if None in founds else sum(found or 0 for found in founds)
        tell(sum(len(note.outcomes) for note in notes), total)


def _run_share(baseline: Baseline, share: Share, place: Path, stop: Event) -> dict[str, Ending]:
    """Run one share to its end; a test that takes its process along counts as died."""
    place.mkdir()
    outcomes: dict[str, Ending] = {}
    for _ in range(_RESTARTS):
        rest = replace(share, leave_out=tuple(outcomes))
        how = _run_once(baseline, rest, place, stop)
        notes = _read(place)
        outcomes |= notes.outcomes
        if notes.is_ended:
            return outcomes
        if stop.is_set() or notes.running is None:
            break
        outcomes[notes.running] = Ending("died", how)
        (place / "notes").unlink()
    said = [line for line in _text(place / "output").splitlines() if line.strip()]
    raise UpstreamError(
        "the tests were interrupted"
        if stop.is_set()
        else f"the tests could not be run: {said[-1] if said else how}",
        where=f"{baseline.python}: {', '.join(share.modules[:3])}",
    )


def _run_once(baseline: Baseline, share: Share, place: Path, stop: Event) -> str:
    """Start one process and see it end; gives in words how it did."""
    request = {name: getattr(share, name) for name in Share.__slots__}
    (place / "request").write_text(json.dumps(request), "utf-8")
    with (place / "output").open("wb") as output:
        process = subprocess.Popen(
            [str(baseline.python), str(_RUNNER), str(place / "request"), str(place / "notes")],
            cwd=baseline.packages,  # some tests name files from there
            env=_environment(baseline, place),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            is_over = _wait(process, place, stop)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            status = process.wait()
    return f"its process ended with {status}" if is_over else "it did not end"


def _wait(process: subprocess.Popen[bytes], place: Path, stop: Event) -> bool:
    """Tell whether the process ended by itself, neither stopped nor silent for too long."""
    size, since = -1, time.monotonic()
    while not stop.is_set():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_POLL_SECONDS)
            return True
        with contextlib.suppress(OSError):
            now = (place / "notes").stat().st_size
            if now != size:
                size, since = now, time.monotonic()
        if time.monotonic() - since > SILENCE_SECONDS:
            return False
    return False


def _environment(baseline: Baseline, place: Path) -> dict[str, str]:
    """Give what upstream's tox.ini sets, and nothing of the user's that the tests would heed."""
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_DROPPED) and not name.lower().endswith("_proxy")
    }
    (place / "tmp").mkdir(exist_ok=True)
    return env | {
        "PATH": f"{baseline.root / 'bin'}{os.pathsep}{env.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(baseline.root),
        "TMPDIR": str(place / "tmp"),
        "LC_ALL": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "OS_STDOUT_CAPTURE": "1",
        "OS_STDERR_CAPTURE": "1",
        "OS_LOG_CAPTURE": "1",
        "OS_TEST_TIMEOUT": str(_TEST_SECONDS),
    }


def _read(place: Path) -> RunNotes:
    return read_notes(_text(place / "notes"))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""
