"""Running made-up upstream tests in a baseline, each way that they can end."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from threading import Event, Timer

import pytest

from freebsd_port.openstack.core.proof.outcomes import Ending
from freebsd_port.openstack.store.proof import upstream_tests
from freebsd_port.openstack.store.proof.baseline import Baseline, make_baseline
from freebsd_port.openstack.store.proof.upstream_tests import UpstreamError, run_alone, run_tests

MODULE = """\
import os, unittest


class Case(unittest.TestCase):
    def test_good(self):
        pass

    def test_bad(self):
        self.assertEqual(1, 2)

    @unittest.skip("not today")
    def test_skipped(self):
        pass

    @unittest.expectedFailure
    def test_expected(self):
        self.fail("as expected")

    @unittest.expectedFailure
    def test_unexpected(self):
        pass

    def test_parts(self):
        for number in (1, 2):
            with self.subTest(number=number):
                self.assertEqual(number, 1)

    def test_torn_down(self):
        self.addCleanup(self.fail, "too late")


class Scenarios(unittest.TestCase):
    number = 0

    def id(self):
        return f"{super().id()}({self.number})"

    def test_even(self):
        self.assertEqual(self.number % 2, 0)


def load_tests(loader, tests, pattern):
    case = Scenarios("test_even")
    other = Scenarios("test_even")
    other.number = 1
    return unittest.TestSuite([tests, case, other])
"""


@pytest.fixture
def baseline(tmp_path: Path) -> Baseline:
    target = tmp_path / "target"
    target.mkdir()
    return make_baseline(tmp_path / "baseline", Path(sys.executable), target, ())


def save(baseline: Baseline, name: str, text: str) -> None:
    (baseline.packages / f"{name}.py").write_text(text)


def run(
    baseline: Baseline, *modules: str, shards: int = 2, stop: Event | None = None
) -> dict[str, str]:
    found = run_tests(
        baseline, modules, shards=shards, tell=lambda done, total: None, stop=stop or Event()
    )
    return {name.partition(".")[2]: one.outcome for name, one in found.items()}


@pytest.mark.parametrize("shards", [1, 2, 5, 20])
def test_every_test_ends_in_one_outcome_however_many_processes_share_them(
    baseline: Baseline, shards: int
) -> None:
    save(baseline, "test_m", MODULE)
    assert run(baseline, "test_m", shards=shards) == {
        "Case.test_good": "passed",
        "Case.test_bad": "failed",
        "Case.test_skipped": "skipped",
        "Case.test_expected": "passed",
        "Case.test_unexpected": "failed",
        "Case.test_parts": "failed",
        "Case.test_torn_down": "failed",
        "Scenarios.test_even(0)": "passed",
        "Scenarios.test_even(1)": "failed",
    }


def test_a_message_says_what_failed(baseline: Baseline) -> None:
    save(baseline, "test_m", MODULE)
    found = run_alone(baseline, ["test_m"], "test_m.Case.test_bad", Event())
    assert found == Ending("failed", "AssertionError: 1 != 2")
    assert run_alone(baseline, ["test_m"], "test_m.Case.test_gone", Event()) is None
    scenario = run_alone(baseline, ["test_m"], "test_m.Scenarios.test_even(0)", Event())
    assert scenario == Ending("passed")


def test_a_test_that_takes_its_process_along_died_and_the_others_still_run(
    baseline: Baseline,
) -> None:
    save(
        baseline,
        "test_m",
        "import os, unittest\n\nclass Case(unittest.TestCase):\n"
        "    def test_a(self):\n        pass\n\n"
        "    def test_b(self):\n        os.kill(os.getpid(), 9)\n\n"
        "    def test_c(self):\n        os._exit(0)\n\n"
        "    def test_d(self):\n        pass\n",
    )
    assert run(baseline, "test_m", shards=1) == {
        "Case.test_a": "passed",
        "Case.test_b": "died",
        "Case.test_c": "died",
        "Case.test_d": "passed",
    }


def test_a_test_that_never_ends_died(baseline: Baseline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream_tests, "SILENCE_SECONDS", 3)
    save(
        baseline,
        "test_m",
        "import time, unittest\n\nclass Case(unittest.TestCase):\n"
        "    def test_a(self):\n        time.sleep(600)\n\n"
        "    def test_b(self):\n        pass\n",
    )
    assert run(baseline, "test_m", shards=1) == {"Case.test_a": "died", "Case.test_b": "passed"}


def test_a_module_that_cannot_be_imported_is_a_failed_test(baseline: Baseline) -> None:
    save(baseline, "test_m", "import absent\n")
    found = run_tests(baseline, ["test_m"], shards=1, tell=lambda a, b: None, stop=Event())
    (name,) = found
    assert name.endswith("_FailedTest.test_m")
    assert "absent" in found[name].message


def test_a_module_that_ends_the_process_stops_the_run(baseline: Baseline) -> None:
    save(baseline, "test_m", "import os\nprint('no such luck', flush=True)\nos._exit(7)\n")
    with pytest.raises(UpstreamError, match="the tests could not be run: no such luck"):
        run(baseline, "test_m")


def test_a_run_can_be_stopped(baseline: Baseline) -> None:
    save(
        baseline,
        "test_m",
        "import time, unittest\n\nclass Case(unittest.TestCase):\n"
        "    def test_a(self):\n        time.sleep(600)\n",
    )
    stop = Event()
    Timer(2, stop.set).start()
    began = time.monotonic()
    with pytest.raises(UpstreamError, match="the tests were interrupted"):
        run(baseline, "test_m", stop=stop)
    assert time.monotonic() - began < 60


def test_the_tests_see_upstreams_settings_and_none_of_the_users(
    baseline: Baseline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_DEBUG", "1")
    monkeypatch.setenv("https_proxy", "http://nowhere")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    save(
        baseline,
        "test_m",
        "import os, sys, unittest\n\nclass Case(unittest.TestCase):\n"
        "    def test_environment(self):\n"
        "        self.assertFalse({'OS_DEBUG', 'https_proxy', 'PYTHONPATH'} & set(os.environ))\n"
        f"        self.assertEqual(os.environ['VIRTUAL_ENV'], {str(baseline.root)!r})\n"
        "        self.assertEqual(os.environ['OS_LOG_CAPTURE'], '1')\n"
        "        self.assertTrue(os.path.isdir(os.environ['TMPDIR']))\n"
        f"        self.assertEqual(os.getcwd(), {str(baseline.packages)!r})\n"
        f"        self.assertEqual(sys.path[0], {str(baseline.packages)!r})\n"
        "        self.assertEqual(len(sys.argv), 1)\n",
    )
    found = run_tests(baseline, ["test_m"], shards=1, tell=lambda a, b: None, stop=Event())
    assert list(found.values()) == [Ending("passed")]


def test_progress_counts_the_tests_of_all_processes(
    baseline: Baseline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream_tests, "_TELL_SECONDS", 0.2)
    told: list[tuple[int, int | None]] = []
    save(
        baseline,
        "test_m",
        "import time, unittest\n\nclass Case(unittest.TestCase):\n"
        + "".join(f"    def test_{n}(self):\n        time.sleep(0.3)\n\n" for n in range(8)),
    )
    run_tests(baseline, ["test_m"], shards=2, tell=lambda *both: told.append(both), stop=Event())
    known = [both for both in told if both[1] is not None]
    assert {total for _, total in known} == {8}
    assert sorted(done for done, _ in known) == [done for done, _ in known]
