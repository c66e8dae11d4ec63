"""The roles of a release on the command line, over a small project with a second role."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest
from command_line import Run
from made_wheel import add_network_role, make_wheel
from small_project import NAMES, WHO, SmallProject

from freebsd_port.openstack.core.release.requirements import Dependency, render_dependencies

BRIDGE = "neutron/bridge-two-words.patch"
TEXT = "def bridge():\n    return 'linux'\n"


@pytest.fixture
def network(project: SmallProject, tmp_path: Path) -> SmallProject:
    """The project with the role network: neutron with a patch, and oslo.privsep."""
    files = {"neutron/__init__.py": b"", "neutron/bridge.py": TEXT.encode()}
    pin = make_wheel(tmp_path / "more", "neutron", files=files)
    directory = project.project.release_directory("2026.2")
    add_network_role(directory, pin)
    packages = project.root / ".venvs" / "2026.2-network"
    privsep = next(one for one in project.pins if one.distribution == "oslo.privsep")
    wanted = [f"{one.distribution}=={one.version}" for one in (privsep, pin)]
    hashes = [f"--hash=sha256:{one.sha256}" for one in (privsep, pin)]
    (directory / "requirements-network.in").write_text("\n".join(wanted))
    lock = [f"{one} {sha256}\n" for one, sha256 in zip(wanted, hashes, strict=True)]
    (directory / "requirements-network.txt").write_text("".join(lock))
    known = [Dependency(one.distribution, one.version, ("pure",), ()) for one in (privsep, pin)]
    (directory / "dependencies-network.toml").write_bytes(render_dependencies(known))
    for wheel in (tmp_path / "more" / pin.wheel, project.root / "files" / privsep.wheel):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(packages)
    cached = tmp_path / "cache/freebsd-port/wheels" / pin.sha256
    cached.mkdir(parents=True)
    shutil.copy(tmp_path / "more" / pin.wheel, cached)
    with (project.root / "series").open("a") as series:
        series.write(f"{BRIDGE}\n")
    project.save_patch(BRIDGE, "neutron/bridge.py", TEXT, TEXT.replace("linux", "if_bridge"))
    return project


def test_each_role_takes_the_patches_of_its_own_distributions(
    network: SmallProject, run: Run
) -> None:
    assert run("series", "lock", "--offline").status == 0
    applied = run("apply", "--role", "network", "--json").json
    assert applied["patches"] == [WHO, BRIDGE]
    assert run("apply", "--json").json["patches"] == list(NAMES)
    status = run("status", "--role", "network", "--json").json
    assert (status["role"], status["complete"]) == ("network", True)
    assert run("status", "--json").json["role"] == "compute"
    assert "if_bridge" in (network.root / ".venvs/2026.2-network/neutron/bridge.py").read_text()
    said = run("status", "--role", "network").out
    assert said.startswith("release 2026.2, role network, in PROJECT/.venvs/2026.2-network\n")


def test_a_series_lock_covers_every_distribution_and_a_role_is_held_against_its_part(
    network: SmallProject, run: Run
) -> None:
    run("series", "lock", "--offline")
    lock = network.project.series_lock("2026.2")
    assert " neutron/bridge.py" in lock.read_text()
    lock.write_text(lock.read_text().replace("neutron/bridge.py", "neutron/other.py"))
    said = run("apply", "--role", "network")
    assert said.status == 1
    assert "series.lock does not list neutron/bridge.py" in said.err


def test_a_role_whose_distributions_are_absent_is_refused_with_the_next_command(
    network: SmallProject, run: Run
) -> None:
    said = run("apply", "--role", "network", "--venv", network.packages)
    assert said.status == 1
    assert "no neutron in PROJECT/.venvs/2026.2, release 2026.2 pins 1.0" in said.err
    assert "freebsd-port venv --release 2026.2 --role network" in said.err


def test_an_environment_is_not_taken_for_another_role_than_its_own(
    network: SmallProject, run: Run
) -> None:
    place = network.root / ".venvs/2026.2-network"
    mark = '{"release": "2026.2", "requirements": "", "state": "ready", "role": "network"}'
    (place / ".freebsd-port.json").write_text(mark)
    assert run("status", "--venv", place, "--json").json["role"] == "network"
    said = run("status", "--venv", place, "--role", "compute")
    assert said.status == 2
    assert "was made for the role network, not compute" in said.err


@pytest.mark.parametrize("verb", ["apply", "status", "venv", "lock", "verify", "push"])
def test_an_unknown_role_is_refused_with_the_choice(
    network: SmallProject, run: Run, verb: str
) -> None:
    said = run(verb, "--role", "netwrk")
    assert said.status == 1
    assert "release 2026.2 has no role netwrk" in said.err
    assert "choose one of compute, network" in said.err


def test_without_an_environment_the_series_of_the_role_is_planned_on_its_wheels(
    network: SmallProject, run: Run
) -> None:
    shutil.rmtree(network.root / ".venvs/2026.2-network")
    said = run("status", "--role", "network", "--offline")
    assert said.status == 0
    assert [line.split()[-1] for line in said.out.splitlines()[1:-1]] == [WHO, BRIDGE]
    assert said.out.endswith("try: freebsd-port venv --release 2026.2 --role network\n")


def test_releases_lists_the_roles(network: SmallProject, run: Run) -> None:
    (release,) = run("releases", "--json").json["releases"]
    (role,) = release["roles"]
    assert (role["name"], role["distributions"]) == ("network", ["oslo.privsep", "neutron"])
    assert "role network Python" in run("releases", "-v").out


def test_the_order_is_checked_for_the_patches_of_one_role(network: SmallProject, run: Run) -> None:
    assert run("series", "check-order", "--offline", "--no-import", "--role", "network").out == (
        "2 prefixes of 2 good; not imported\n"
    )
    assert run("series", "check-order", "--offline", "--no-import").out == (
        "3 prefixes of 3 good; not imported\n"
    )


def test_lock_judges_every_role_and_names_it(network: SmallProject, run: Run) -> None:
    said = run("lock", "--check")
    assert said.out == (
        "2026.2: 4 packages locked, 0 problems\n2026.2 network: 2 packages locked, 0 problems\n"
    )
    both = run("lock", "--check", "--json").json
    assert (both["role"], both["locked"]) == ("compute", 4)
    assert [(one["role"], one["locked"]) for one in both["roles"]] == [("network", 2)]
    one = run("lock", "--check", "--role", "network", "--json").json
    assert (one["role"], one["locked"], one["roles"]) == ("network", 2, [])
    wanted = network.project.release_directory("2026.2") / "requirements-network.in"
    wanted.write_text("oslo.privsep==1.0\n")
    said = run("check", "--offline")
    assert "release.toml pins neutron 1.0, requirements-network.in does not" in said.err
