"""`host services`: install, look and remove below a root of the test's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Said

from freebsd_port.cli.main import main
from freebsd_port.host.core.service import NAMES

RC = "usr/local/etc/rc.d"
HOOK = "usr/local/etc/libvirt/hooks/bhyve"
Services = Callable[..., Said]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    programs = tmp_path / "nova/bin"
    programs.mkdir(parents=True)
    for name in ("nova-compute", "gunicorn"):
        (programs / name).touch()
    (tmp_path / "host.toml").write_text(
        f'[nova]\nenvironment = "{tmp_path}/nova"\nrun = "/run/nova"\nlog = "/log/nova"\n'
    )
    (tmp_path / "host").mkdir()
    return tmp_path / "host"


@pytest.fixture
def call(root: Path, capfd: pytest.CaptureFixture[str]) -> Services:
    def run(verb: str, *words: str) -> Said:
        capfd.readouterr()
        answers = () if verb == "remove" else ("--answers", str(root.parent / "host.toml"))
        with pytest.raises(SystemExit) as left:
            main(["host", "services", verb, "--root", str(root), *answers, *words])
        out, err = capfd.readouterr()
        status = left.value.code
        assert isinstance(status, int)
        return Said(status, out.replace(str(root), "ROOT"), err.replace(str(root), "ROOT"))

    return run


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_a_dry_run_shows_all_and_writes_nothing(call: Services, root: Path) -> None:
    said = call("install", "--dry-run")
    assert (said.status, said.err) == (0, "")
    assert "would write   /usr/local/etc/rc.d/nova_compute\n" in said.out
    assert len(said.out.splitlines()) == len(NAMES) + 4
    assert files(root) == set()


def test_an_installation_is_done_once_and_taken_away_whole(call: Services, root: Path) -> None:
    assert call("install").status == 0
    assert {f"{RC}/{name}" for name in NAMES} <= files(root)
    assert call("install").out == "nothing to do\n"
    assert "keep    /usr/local/etc/rc.d/nova_api\n" in call("install", "-v").out
    said = call("remove")
    assert said.status == 0
    assert len(said.out.splitlines()) == len(NAMES) + 4
    assert files(root) == set()
    assert call("remove").out == "nothing to do\n"


def test_answers_that_an_rc_script_cannot_name_are_refused_before_anything_is_written(
    call: Services, root: Path
) -> None:
    hostile = root.parent / "a b;$(id)"
    hostile.mkdir()
    (hostile / "host.toml").write_bytes((root.parent / "host.toml").read_bytes())
    said = call("install", "--answers", str(hostile / "host.toml"))
    assert said.status == 1
    assert said.err.startswith("error: an rc.d script cannot name this path\n  where: '")
    assert files(root) == set()


def test_answers_below_the_root_are_named_as_the_host_will_find_them(root: Path) -> None:
    staged = root / "usr/local/etc/freebsd-port/host.toml"
    staged.parent.mkdir(parents=True)
    staged.write_bytes((root.parent / "host.toml").read_bytes())
    with pytest.raises(SystemExit) as left:
        main(["host", "services", "install", "--root", str(root)])
    assert left.value.code == 0
    text = (root / RC / "nova_consolebridge").read_text()
    assert 'required_files="/usr/local/etc/freebsd-port/host.toml"' in text


def test_the_bridges_script_calls_this_command_with_these_answers(
    call: Services, root: Path
) -> None:
    call("install")
    text = (root / RC / "nova_consolebridge").read_text()
    command = Path(sys.executable).with_name("freebsd-port")
    assert f"{command} host console-bridge --answers {root.parent}/host.toml" in text


def test_a_hook_of_the_operator_is_replaced_and_a_copy_is_kept(call: Services, root: Path) -> None:
    (root / HOOK).parent.mkdir(parents=True)
    (root / HOOK).write_text("mine\n")
    rows = {row["path"]: row for row in call("install", "--json").json["files"]}
    row = rows[f"/{HOOK}"]
    assert row["action"] == "replace"
    assert Path(row["copy"].replace("ROOT", str(root))).read_text() == "mine\n"
    assert rows[f"/{RC}/nova_api"] == {
        "path": f"/{RC}/nova_api",
        "action": "write",
        "copy": None,
    }


def test_new_answers_replace_our_own_text_without_a_copy(call: Services, root: Path) -> None:
    call("install")
    answers = root.parent / "host.toml"
    answers.write_text(answers.read_text() + '[console]\nsocket = "/run/bridge.sock"\n')
    assert call("install").out == f"replace /{HOOK}\n"
    assert "-U /run/bridge.sock" in (root / HOOK).read_text()
    assert not (root / "var/db/freebsd-port/replaced").exists()


def test_a_file_that_is_not_written_any_more_goes(call: Services, root: Path) -> None:
    call("install")
    (root.parent / "nova/bin/nova-api").touch()
    said = call("install")
    assert said.out.splitlines() == [
        f"replace /{RC}/nova_api",
        f"replace /{RC}/nova_api_metadata",
        "remove  /usr/local/etc/nova/nova-api-gunicorn.conf.py",
        "remove  /usr/local/etc/nova/nova-api-metadata-gunicorn.conf.py",
    ]
    assert "/bin/nova-api --config-file" in (root / RC / "nova_api").read_text()
    assert call("install").out == "nothing to do\n"


def test_what_was_edited_is_not_removed_without_force(call: Services, root: Path) -> None:
    call("install")
    for name in ("nova_api", "nova_compute"):
        place = root / RC / name
        place.chmod(0o755)
        place.write_text("edited\n")
    before = files(root)
    said = call("remove")
    assert said.status == 1
    assert said.err.splitlines() == [
        line
        for name in ("nova_api", "nova_compute")
        for line in (
            "error: it was edited since it was installed",
            f"  where: ROOT/{RC}/{name}",
            "  try:   freebsd-port host services remove --force keeps a copy",
        )
    ]
    assert files(root) == before
    said = call("remove", "--force")
    assert said.status == 0
    copies = {path for path in files(root) if "replaced" in path}
    assert files(root) == copies
    assert len(copies) == 2


def test_all_that_is_missing_is_told_at_once(call: Services, root: Path) -> None:
    for path in (root.parent / "nova/bin").iterdir():
        path.unlink()
    said = call("install")
    assert said.status == 1
    assert [line for line in said.err.splitlines() if "error" in line] == [
        "error: no environment of nova",
        "error: the environment has nothing that serves the API",
    ]
    assert files(root) == set()


def test_the_status_tells_what_is_installed_and_what_runs(call: Services, root: Path) -> None:
    said = call("status")
    assert said.status == 1
    assert said.out.splitlines()[0] == "nova_consolebridge  not installed, does not run"
    assert said.out.splitlines()[-1] == f"needs attention: {', '.join(NAMES)}"
    call("install")
    (root / RC / "nova_scheduler").chmod(0o755)
    run = root / "run/nova"
    run.mkdir(parents=True)
    for name, child in (("nova_api", os.getpid()), ("nova_compute", 2**22 + 1)):
        (run / f"{name}.pid").write_text(str(os.getpid()))
        (run / f"{name}.child.pid").write_text(str(child))
    (root / "log/nova").mkdir(parents=True)
    (root / "log/nova/nova-compute.log").write_text("one\ntwo\nthree\nfour\nfive\nsix\n")
    states = {row["name"]: row for row in call("status", "--json").json["services"]}
    assert (states["nova_api"]["script"], states["nova_api"]["process"]) == ("ours", os.getpid())
    assert states["nova_compute"]["process"] is None
    assert states["nova_scheduler"]["script"] == "outdated"
    assert states["nova_compute"]["last_lines"] == ["two", "three", "four", "five", "six"]
    shown = call("status").out.splitlines()
    assert shown[3].startswith(f"nova_api            runs as process {os.getpid()}")
    at = next(n for n, line in enumerate(shown) if line.startswith("nova_compute "))
    assert shown[at].startswith("nova_compute        does not stay up, log ROOT/log/nova/nova-comp")
    assert shown[at + 1 : at + 3] == ["    two", "    three"]


def enable(root: Path, name: str) -> Path:
    """Put a script there that only says that it is enabled; FreeBSD's rc.subr is not here."""
    script = root / RC / name
    script.chmod(0o755)
    script.write_text('#!/bin/sh\n[ "$1" = enabled ]\n')
    log = root / f"log/nova/{name.replace('_', '-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    return log


def test_an_enabled_service_that_does_not_run_shows_the_end_of_its_log(
    call: Services, root: Path
) -> None:
    call("install")
    log = enable(root, "nova_scheduler")
    log.write_text("".join(f"line {number}\n" for number in range(9)))
    said = call("status")
    assert said.status == 1
    lines = said.out.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("nova_scheduler "))
    assert lines[at : at + 7] == [
        "nova_scheduler      edited by hand, does not run, log ROOT/log/nova/nova-scheduler.log, "
        "enabled",
        *(f"    line {number}" for number in range(4, 9)),
        lines[at + 6],
    ]
    assert lines[at + 6].startswith("nova_api ")
    (row,) = (one for one in call("status", "--json").json["services"] if one["enabled"])
    assert row["last_lines"] == [f"line {number}" for number in range(4, 9)]
    assert (row["process"], row["log_refusal"]) == (None, "")


def test_a_log_that_cannot_be_read_is_said_to_be_so(call: Services, root: Path) -> None:
    call("install")
    log = enable(root, "nova_scheduler")
    assert "    its log cannot be read: no such file or directory\n" in call("status").out
    log.mkdir()
    (row,) = (one for one in call("status", "--json").json["services"] if one["enabled"])
    assert (row["last_lines"], row["log_refusal"]) == ([], "is a directory")


PS = """#!/bin/sh
[ "$*" = "-o pid= -o etimes= -p {pids}" ] || exit 1
cat "{ages}"
"""


def test_a_service_that_ended_and_was_started_again_is_not_well(
    call: Services, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("install")
    (root / "run/nova").mkdir(parents=True)
    (root / "log/nova").mkdir(parents=True)
    (root / "log/nova/nova-api.log").write_text("cannot reach the broker\n")
    supervisor, process = os.getppid(), os.getpid()
    (root / "run/nova/nova_api.pid").write_text(str(supervisor))
    (root / "run/nova/nova_api.child.pid").write_text(str(process))
    ps = tmp_path / "ps/ps"
    ps.parent.mkdir()
    ps.write_text(PS.format(pids=f"{supervisor},{process}", ages=tmp_path / "ages"))
    ps.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ps.parent}:{os.environ['PATH']}")

    def row(*ages: int) -> dict[str, object]:
        lines = zip((supervisor, process), ages, strict=False)
        (tmp_path / "ages").write_text("".join(f"{pid:5} {age:11}\n" for pid, age in lines))
        rows: list[dict[str, object]] = call("status", "--json").json["services"]
        return next(one for one in rows if one["name"] == "nova_api")

    assert row(300, 299)["restarted_seconds"] is None
    assert row(300, 200)["restarted_seconds"] is None
    assert row(300, 200)["last_lines"] == []
    assert row(300)["restarted_seconds"] is None
    assert call("status").status == 0
    ended = row(300, 30)
    assert ended["restarted_seconds"] == 30
    assert ended["last_lines"] == ["cannot reach the broker"]
    assert call("status").out.splitlines()[-1] == "needs attention: nova_api"
    shown = call("status").out
    assert "nova_api            was restarted 30 seconds ago, runs" in shown
    assert f" seconds ago, runs as process {process}, log ROOT/log/nova/nova-api.log" in shown
    assert "    cannot reach the broker\n" in shown


def test_a_program_whose_supervisor_was_killed_is_shown_and_keeps_its_script(
    call: Services, root: Path
) -> None:
    call("install")
    program = f"{root.parent}/nova/bin/nova-conductor"
    (root / "run/nova").mkdir(parents=True)
    file = root / "run/nova/nova_conductor.child.pid"
    with subprocess.Popen([sys.executable, "-c", "input()", program], stdin=-1) as orphan:
        file.write_text(str(orphan.pid))
        said = call("status")
        assert f"runs as process {orphan.pid}, without its daemon(8)" in said.out
        assert said.out.splitlines()[-1] == "needs attention: nova_conductor"
        said = call("remove")
        assert said.status == 1
        assert said.err.startswith(f"error: its service runs, as process {orphan.pid}\n")
        orphan.kill()
    file.write_text(str(os.getpid()))  # a number that another process got
    assert "without" not in call("status").out
    assert call("remove").status == 0


def test_nothing_is_removed_while_a_service_runs(call: Services, root: Path) -> None:
    call("install")
    before = files(root)
    (root / "run/nova").mkdir(parents=True)
    pid = root / "run/nova/nova_conductor.pid"
    pid.write_text(str(os.getpid()))
    for words in ((), ("--force",), ("--dry-run",)):
        said = call("remove", *words)
        assert said.status == 1
        assert said.err.splitlines() == [
            f"error: its service runs, as process {os.getpid()}",
            f"  where: ROOT/{RC}/nova_conductor",
            "  try:   service nova_conductor stop",
        ]
    assert before <= files(root)
    pid.write_text(str(2**22 + 1))
    assert call("remove").status == 0
    assert files(root) == {"run/nova/nova_conductor.pid"}


def test_only_servers_that_this_host_has_are_required_or_rcorder_would_complain(
    call: Services, root: Path
) -> None:
    def required(name: str) -> set[str]:
        lines = (root / RC / name).read_text().splitlines()
        (line,) = (line for line in lines if line.startswith("# REQUIRE:"))
        return set(line.split()[2:])

    (root / RC).mkdir(parents=True)
    (root / RC / "mysql-server").write_text("#!/bin/sh\n\n# PROVIDE: mysql\n# REQUIRE: LOGIN\n")
    assert call("install").status == 0
    assert required("nova_conductor") == {"LOGIN", "mysql"}
    assert required("nova_compute") == {"LOGIN", "nova_consolebridge", "nova_conductor"}
    (root / RC / "libvirtd").write_text("#!/bin/sh\n# PROVIDE: libvirtd\n")
    assert call("install").status == 0
    assert required("nova_compute") == {
        *("LOGIN", "libvirtd", "nova_consolebridge", "nova_conductor")
    }
