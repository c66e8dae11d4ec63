"""`host config` on the environment that `make patch` made: oslo.config itself is the judge."""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest
from command_line import Run, Said
from proof import require_environment

pytestmark = pytest.mark.timeout(1200)
"""Each call of the verb starts a dozen of oslo's programs, which take minutes on a busy machine."""


@dataclass
class Staged:
    """A host below a directory."""

    run: Run
    root: Path
    answers: Path

    def config(self, *words: str) -> Said:
        """Run the verb."""
        places = ("--answers", self.answers, "--passwords", self.root / "pw", "--root", self.root)
        return self.run("host", "config", *map(str, places), *words)

    def file(self, name: str) -> Path:
        """Give a file of nova's configuration."""
        return self.root / "usr/local/etc/nova" / name


@pytest.fixture
def host(run: Run, tmp_path: Path) -> Staged:
    _, _, environment = require_environment()
    answers = tmp_path / "host.toml"
    answers.write_text(f'[nova]\nenvironment = "{environment.root}"\n')
    return Staged(run, tmp_path, answers)


def test_it_writes_what_oslo_takes_and_asks_before_it_replaces(host: Staged) -> None:
    said = host.config()
    assert said.status == 0, said.err
    assert stat.S_IMODE(host.file("nova.conf").stat().st_mode) == 0o640
    assert "bhyve - " in host.file("nova.conf.sample").read_text()
    assert '"os_compute_api:servers:create"' in host.file("policy.yaml.sample").read_text()
    password = re.search(r'database = "(.+)"', (host.root / "pw").read_text())
    assert password
    assert password[1] in host.file("nova.conf").read_text()
    assert host.config().out == "nothing to do\n"

    edited = host.file("nova.conf").read_text().replace("my_ip = 127.0.0.1", "my_ip = 192.0.2.1")
    host.file("nova.conf").write_text(edited)
    said = host.config()
    assert said.status == 3
    assert "-my_ip = 192.0.2.1\n+my_ip = 127.0.0.1\n" in said.out
    assert password[1] not in said.out + said.err
    assert host.file("nova.conf").read_text() == edited
    said = host.config("--yes", "--json")
    assert said.status == 0
    (row,) = (one for one in said.json["files"] if one["changed"])
    assert Path(row["copy"]).read_text() == edited
    assert "192.0.2.1" not in host.file("nova.conf").read_text()


def test_a_dry_run_writes_nothing_not_even_passwords(host: Staged) -> None:
    before = sorted(host.root.iterdir())
    said = host.config("--dry-run")
    assert said.status == 0
    assert "would write /usr/local/etc/nova/nova.conf" in said.out
    assert sorted(host.root.iterdir()) == before


def test_what_oslo_refuses_is_told_and_nothing_is_written(
    host: Staged, monkeypatch: pytest.MonkeyPatch
) -> None:
    from freebsd_port.host.core import nova_config

    def spoiled(*words: object) -> dict[str, dict[str, str]]:
        return {"libvirt": {"virt_type": "xen", "no_such_option": "1"}}

    monkeypatch.setattr(nova_config, "compute_sections", spoiled)
    before = sorted(host.root.iterdir())
    said = host.config()
    assert said.status == 1
    assert "no_such_option" in said.err
    assert "virt_type" in said.err
    assert "where: /usr/local/etc/nova/nova-compute.conf" in said.err
    assert sorted(host.root.iterdir()) == before


def test_an_environment_that_is_none_is_named(run: Run, tmp_path: Path) -> None:
    answers = tmp_path / "host.toml"
    answers.write_text(f'[nova]\nenvironment = "{tmp_path}/none"\n')
    said = run("host", "config", "--answers", str(answers), "--passwords", str(tmp_path / "pw"))
    assert said.status == 1
    assert f"where: {tmp_path}/none/bin/python" in said.err
    assert "freebsd-port venv --venv" in said.err
