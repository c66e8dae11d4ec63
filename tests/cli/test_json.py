"""JSON of every verb: one document on stdout, whatever happens."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from command_line import Run, every_verb
from small_project import GREET, LEAVE, NAMES, PLATFORM, WHO, SmallProject

from freebsd_port.cli.main import main


def test_what_was_written_is_listed(run: Run) -> None:
    said = run("apply", "--json")
    assert (said.status, said.err) == (0, "")
    assert said.json["ok"] is True
    assert said.json["verb"] == "apply"
    assert said.json["changed"] is True
    assert said.json["before"] == []
    assert said.json["patches"] == list(NAMES)
    assert said.json["written"] == [
        "nova-1.0.dist-info/RECORD",
        "nova/greet.py",
        "oslo_privsep-1.0.dist-info/RECORD",
        "oslo_privsep/who.py",
    ]
    assert said.json["hunks"][-1] == {
        "patch": LEAVE,
        "path": "nova/greet.py",
        "hunk": 2,
        "line": 20,
        "offset": 0,
        "fuzz": 0,
        "placement": "exact",
    }
    assert run("apply", "--json").json["changed"] is False


def test_push_and_pop_tell_before_and_after(run: Run) -> None:
    assert run("push", "2", "--json").json["patches"] == [WHO, GREET]
    popped = run("pop", "-n", "--json").json
    assert (popped["dry_run"], popped["before"], popped["patches"]) == (True, [WHO, GREET], [WHO])


def test_status_tells_whether_it_is_complete(run: Run, project: SmallProject) -> None:
    assert run("status", "--json").json["complete"] is False
    run("apply")
    status = run("status", "--json").json
    assert status["complete"] is True
    assert status["patches"] == [{"name": name, "state": "applied"} for name in NAMES]
    assert {file["condition"] for file in status["files"]} == {"patched"}
    (project.packages / "nova/greet.py").unlink()
    status = run("status", "--json").json
    assert status["complete"] is False
    assert {"path": "nova/greet.py", "condition": "gone", "distribution": "nova"} in status["files"]


def test_series_tells_files_and_hunks(run: Run) -> None:
    (*_, last) = run("series", "--json").json["patches"]
    assert last == {
        "name": LEAVE,
        "applied": None,
        "subject": "leave-politely",
        "forwarded": "no",
        "files": ["nova/greet.py"],
        "hunks": 2,
        "text": f"PROJECT/patches/{LEAVE}",
    }


def test_releases_tells_pins(run: Run) -> None:
    (release,) = run("releases", "--json").json["releases"]
    assert release["pins"] == {
        "nova": "1.0",
        "oslo.privsep": "1.0",
        "oslo.messaging": "1.0",
        "oslo.rootwrap": "1.0",
    }
    assert (release["default"], release["environment_state"]) == (True, "not ours")


def test_check_has_its_findings_as_problems(run: Run) -> None:
    said = run("check", "--offline", "--json")
    assert (said.status, said.json["ok"]) == (1, False)
    assert said.json["problems"] == [
        {
            "what": "the default release 2026.2 has no series.lock",
            "where": "PROJECT/releases/2026.2/series.lock",
            "hint": "freebsd-port series lock --release 2026.2",
        }
    ]


def test_lock_check_tells_differences_and_problems(run: Run) -> None:
    lock = run("lock", "--check", "--json").json
    assert (lock["ok"], lock["locked"], lock["differences"], lock["problems"]) == (True, 4, [], [])


def test_verify_tells_every_run_and_hunk(run: Run) -> None:
    run("push", "1")
    found = run("verify", "--platform", PLATFORM, "--json").json
    (ran,) = found["runs"]
    assert (ran["distribution"], ran["passed"], ran["failed"]) == ("oslo_privsep", 1, [])
    assert ran["patches"] == {WHO: {"passed": 1, "failed": 0}}
    (hunk,) = found["hunks"]
    assert (hunk["patch"], hunk["added"], hunk["missed"]) == (WHO, [2], [])
    assert hunk["checks"] == ["test_who_am_i.test_who"]


def test_verify_tells_of_each_patch_its_checks_lines_and_upstreams_suites(run: Run) -> None:
    run("push", "2")
    who, greet = run("verify", "--platform", PLATFORM, "--json").json["patches"]
    assert who == {
        "patch": WHO,
        "checks": {PLATFORM: {"run": 1, "passed": 1, "failed": 0}},
        "hunks": {"total": 1, "covered": 1},
        "lines": {"added": 1, "covered": 1, "uncovered": [], "native_only": []},
        "upstream": {"unchanged": [], "changed": [], "not_compared": ["oslo.privsep"]},
    }
    assert greet["patch"] == GREET
    assert "nova.virt.libvirt" in greet["upstream"]["not_compared"]


def test_verify_of_a_patch_without_a_passing_check_is_a_problem(
    run: Run, project: SmallProject
) -> None:
    run("apply")
    found = run("verify", "--platform", PLATFORM, "--json", "who-am-i").json
    assert [one["patch"] for one in found["patches"]] == [WHO]
    (project.checks / "oslo_privsep/test_who_am_i.py").unlink()
    said = run("verify", "--platform", PLATFORM, "--json", WHO, GREET)
    assert said.status == 1
    assert [one["what"] for one in said.json["problems"]] == [f"no check of {WHO} passed"]
    assert run("verify", "nobody").status == 1
    assert run("verify", WHO, "--if-changed").err.startswith(
        "error: --if-changed excludes PATCH, --junit and --long\n"
    )


def test_verify_writes_a_junit_report(run: Run, project: SmallProject, tmp_path: Path) -> None:
    project.save_check(
        "oslo_privsep/test_more.py",
        f"import pytest\npytestmark = pytest.mark.patch({WHO!r})\n"
        "def test_bad():\n    raise LookupError('\\x1b[31m nobody')\n"
        "def test_not():\n    pytest.skip('not here')\n",
    )
    run("push", "2")
    report = tmp_path / "verify.xml"
    said = run("verify", "--platform", PLATFORM, "--every-line", "--junit", report)
    assert said.status == 1
    suites = {suite.get("name"): suite for suite in ElementTree.parse(report).getroot()}
    assert set(suites) == {f"nova on {PLATFORM}", f"oslo_privsep on {PLATFORM}", "added lines"}
    privsep = suites[f"oslo_privsep on {PLATFORM}"]
    numbers = [privsep.get(key) for key in ("tests", "failures", "skipped", "errors")]
    assert numbers == ["3", "1", "1", "0"]
    cases = {(case.get("classname"), case.get("name")): case for case in privsep.iter("testcase")}
    failure = cases["oslo_privsep.test_more", "test_bad"].find("failure")
    assert failure is not None
    assert failure.get("message") == "LookupError: #x1B[31m nobody"
    assert cases["oslo_privsep.test_more", "test_not"].find("skipped") is not None
    assert len(cases["oslo_privsep.test_who_am_i", "test_who"]) == 0
    assert [case.get("name") for case in suites["added lines"].iter("testcase")] == [WHO, GREET]
    said = run("verify", "--platform", PLATFORM, "--junit", tmp_path / "absent/verify.xml")
    assert "error: the report cannot be written: no such file or directory\n" in said.err


@pytest.mark.parametrize("native_only", [False, True])
def test_a_line_that_no_check_runs_is_a_problem_where_every_line_is_asked_for(
    run: Run, project: SmallProject, native_only: bool
) -> None:
    added = "def who():\n    return 'anybody'\n\n\ndef why():\n    return None\n"
    project.save_patch(WHO, "oslo_privsep/who.py", "def who():\n    return 'linux'\n", added)
    if native_only:
        text = project.patch(WHO).read_bytes()
        field = b"Native-Only: `return None` asks the FreeBSD kernel\nLast-Update"
        project.patch(WHO).write_bytes(text.replace(b"Last-Update", field, 1))
    run("push", "1")
    assert run("verify", "--platform", PLATFORM, "--json").status == 0
    said = run("verify", "--platform", PLATFORM, "--every-line", "--json")
    is_excused = native_only and PLATFORM == "linux"
    assert (said.status, said.json["ok"]) == ((0, True) if is_excused else (1, False))
    (patch,) = said.json["patches"]
    place = {"path": "oslo_privsep/who.py", "line": 6}
    assert patch["lines"]["native_only" if is_excused else "uncovered"] == [place]
    if not is_excused:
        (problem,) = said.json["problems"]
        assert (problem["what"], problem["where"]) == (
            f"no check runs a line of {WHO}",
            "oslo_privsep/who.py:6",
        )
    shown = run("verify", "--platform", PLATFORM, "-v").out
    assert f"{'native' if is_excused else 'partly'}  {WHO}" in shown


def test_a_failing_check_is_a_problem(run: Run, project: SmallProject) -> None:
    project.save_check(
        "oslo_privsep/test_who_am_i.py",
        f'import pytest\n@pytest.mark.patch("{WHO}")\ndef test_who():\n    assert not "me"\n',
    )
    run("push", "1")
    said = run("verify", "--platform", PLATFORM, "--json")
    assert (said.status, said.json["ok"]) == (1, False)
    (problem,) = said.json["problems"]
    assert problem["what"].startswith("test_who_am_i::test_who failed: ")
    assert problem["where"] == f"oslo_privsep on {PLATFORM}"


def test_apply_and_verify_are_one_document(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "freebsd_port.openstack.ops.proof.verify._default_platforms", lambda with_long: (PLATFORM,)
    )
    done = run("apply", "--verify", "--json").json
    assert (done["ok"], done["verb"], done["patches"]) == (True, "apply", list(NAMES))
    assert len(done["verification"]["hunks"]) == 4


def test_completion_gives_the_script(run: Run) -> None:
    assert "_FREEBSD_PORT_COMPLETE" in run("completion", "bash", "--json").json["script"]


@pytest.mark.parametrize(
    ("words", "status", "problem"),
    [
        (
            ("pop", "--json"),
            2,
            {
                "what": "nothing to pop: no patch is applied",
                "where": None,
                "hint": "freebsd-port push",
            },
        ),
        (
            ("push", "--nothing-alike", "--json"),
            2,
            {
                "what": "no such option '--nothing-alike'",
                "where": None,
                "hint": "freebsd-port push --help",
            },
        ),
        (
            ("verify", "--json"),
            1,
            {
                "what": "no patch is applied, so there is nothing to verify",
                "where": "PROJECT/.venvs/2026.2",
                "hint": "freebsd-port apply",
            },
        ),
        (
            ("venv", "--json"),
            1,
            {
                "what": "something that freebsd-port did not make is in the way",
                "where": "PROJECT/.venvs/2026.2",
                "hint": "name another place with VENV= or --venv, or remove it",
            },
        ),
    ],
)
def test_an_error_is_a_document_too(
    run: Run, words: tuple[str, ...], status: int, problem: dict[str, str | None]
) -> None:
    said = run(*words)
    assert (said.status, said.err) == (status, "")
    assert said.json == {"ok": False, "problems": [problem]}


def test_every_finding_is_a_problem(run: Run, project: SmallProject) -> None:
    for name in (WHO, LEAVE):
        project.patch(name).unlink()
    found = run("apply", "--json").json["problems"]
    assert [problem["what"] for problem in found] == [
        f"the series names {name}, which does not exist" for name in (WHO, LEAVE)
    ]


@pytest.mark.parametrize("verb", every_verb())
def test_every_verb_refuses_an_unknown_option_in_json(
    verb: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([*verb.split(), "--json", "--no-such-option"])
    out, err = capfd.readouterr()
    assert err == ""
    assert json.loads(out)["problems"][0]["hint"] == f"freebsd-port {verb} --help"
