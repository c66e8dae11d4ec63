"""`host services`: install, look and remove below a root of the test's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Said

from freebsd_port.cli.main import main
from freebsd_port.core.host.service import NAMES

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
    assert said.out.splitlines()[-1] == f"not as it should be: {', '.join(NAMES)}"
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
