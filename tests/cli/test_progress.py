"""What is shown while a verb works, by a clock that the test sets."""

from __future__ import annotations

import io
import re
import sys
import threading
from collections.abc import Callable

import pytest
from own_terminal import on_terminal
from small_project import SmallProject

from freebsd_port.cli.context import Common
from freebsd_port.cli.progress import ProgressReport
from freebsd_port.engine.core.progress import CountingReport, counted, counting


class Clock:
    """Stands still until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(clock: Clock) -> ProgressReport:
    return ProgressReport(clock=clock, is_terminal=False, ticks=False)


def test_a_log_gets_a_line_every_fifteen_seconds_with_count_and_estimate(
    clock: Clock, log: ProgressReport, capsys: pytest.CaptureFixture[str]
) -> None:
    log.begin("writing the pages", 12)
    for _ in range(29):
        clock.now += 1
        log.tick()
    assert capsys.readouterr().err == "... writing the pages: 0 of 12, 15 s so far\n"
    log.advance(3)
    clock.now += 1
    log.tick()
    assert capsys.readouterr().err == "... writing the pages: 3 of 12, about 90 s left\n"
    clock.now += 14
    log.advance()
    assert capsys.readouterr().err == ""
    clock.now += 200
    log.advance()
    assert capsys.readouterr().err == "... writing the pages: 5 of 12, about 6 min left\n"
    log.end()
    clock.now += 100
    log.tick()
    assert capsys.readouterr().err == ""


def test_a_line_of_the_task_itself_counts_as_one(
    clock: Clock, log: ProgressReport, capsys: pytest.CaptureFixture[str]
) -> None:
    with counting(log, "installing the packages"):
        clock.now += 14
        log("installing 84 packages")
        clock.now += 14
        log.tick()
        assert capsys.readouterr().err == "... installing 84 packages\n"
        clock.now += 1
        log.tick()
        assert capsys.readouterr().err == "... installing the packages: 29 s so far\n"


def test_a_task_within_a_task_is_shown_until_it_ends(
    clock: Clock, log: ProgressReport, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in counted(log, "releases", ("one", "two")):
        with counting(log, f"wheels of {name}"):
            clock.now += 20
            log.tick()
        clock.now += 20
        log.tick()
    assert capsys.readouterr().err.splitlines() == [
        "... wheels of one: 20 s so far",
        "... releases: 0 of 2, 40 s so far",
        "... wheels of two: 20 s so far",
        "... releases: 1 of 2, about 80 s left",
    ]


def bar_of(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> tuple[ProgressReport, Callable[[], str]]:
    """A report on a terminal, and what stands in its last line."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    report = ProgressReport(clock=clock, ticks=False)
    return report, lambda: re.split(r"[\r\n]", terminal.getvalue())[-1].strip()


def test_a_terminal_gets_a_bar_after_a_second_and_none_before(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, last_line = bar_of(clock, monkeypatch)
    report.begin("writing the pages", 4)
    clock.now += 0.9
    report.advance()
    assert last_line() == ""
    clock.now += 0.1
    report.tick()
    assert re.search(r"writing the pages  \[#####-+\]  1/4", last_line())
    report("a line would break the bar")
    report.advance(2)
    assert re.search(r"\[#{15}-{5}\]  3/4", last_line())
    report.close()
    assert sys.stderr.getvalue().endswith("\x1b[?25h\n")  # type: ignore[attr-defined]
    assert "a line would" not in sys.stderr.getvalue()  # type: ignore[attr-defined]


def test_a_task_of_unknown_length_shows_its_time(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, last_line = bar_of(clock, monkeypatch)
    with counting(report, "locking 2026.2"):
        clock.now += 2
        report.tick()
        assert last_line().endswith("2 s")
        clock.now += 40
        report.tick()
        assert last_line().endswith("42 s")


def test_no_line_of_a_bar_is_wider_than_a_terminal(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, last_line = bar_of(clock, monkeypatch)
    report.begin("oslo.messaging, unpatched: a very long name of a task", 123456)
    clock.now += 5
    report.advance(100000)
    assert "100000/123456" in last_line()
    assert len(last_line().removeprefix("\x1b[?25l")) <= 80


def test_ticks_come_by_themselves_and_stop_with_the_task(
    clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("freebsd_port.cli.progress._TICK_SECONDS", 0.001)
    shown = threading.Event()
    monkeypatch.setattr("freebsd_port.cli.progress.say", lambda *_, **__: shown.set())
    report = ProgressReport(clock=clock, is_terminal=False)
    with counting(report, "locking 2026.2"):
        (ticking,) = (one for one in threading.enumerate() if one.name == "progress")
        clock.now += 15
        assert shown.wait(60)
    ticking.join(60)
    assert not ticking.is_alive()


def test_a_function_hears_lines_and_no_counts() -> None:
    heard: list[str] = []
    assert list(counted(heard.append, "releases", ("one", "two"))) == ["one", "two"]
    with counting(heard.append, "locking") as advance:
        advance()
    assert heard == []


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    common = Common(verbosity=-1)
    common.progress("working")
    assert not isinstance(common.progress, CountingReport)
    assert capsys.readouterr().err == ""


def test_a_bar_on_a_real_terminal_is_gone_before_the_result(project: SmallProject) -> None:
    shown = on_terminal(
        ["-c", "import freebsd_port.cli.progress as p; p.BAR_SECONDS = 0; "
         "from freebsd_port.cli.main import main; main()",
         "check", "--offline", "--project", str(project.root)],
        module=False,
    )  # fmt: skip
    assert "checking the releases" not in shown.splitlines()[-1]
    assert shown.splitlines()[-1].endswith("finding")
