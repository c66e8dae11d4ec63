"""Packages as a target: pins, RECORD, series.lock, modes."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from faults import Fault
from small_overlay import (
    DRIVER,
    numbered,
    on_packages,
    packages,
    patch,
    record,
    reopen,
    snapshot,
)

from freebsd_port.engine.core.apply.record import hex_to_record, record_paths
from freebsd_port.engine.core.apply.series_lock import LockedFile
from freebsd_port.engine.core.text.file import hash_bytes
from freebsd_port.engine.ops.apply.converge import Options, converge
from freebsd_port.engine.store.overlay.state import load_state
from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.openstack.core.release.release import Pin, Role
from freebsd_port.openstack.ops.environment import EnvironmentTarget

NOVA = patch("nova/p.patch", {"nova/driver.py": (DRIVER, numbered(2))})
MORE = patch("nova/q.patch", {"nova/driver.py": (numbered(2), numbered(2, 9))})
ADDED = patch("nova/new.patch", {"nova/freebsd/limits.py": (None, b"one\n")})
REMOVED = patch("nova/gone.patch", {"nova/driver.py": (DRIVER, None)})
PRIVSEP = patch("oslo.privsep/p.patch", {"oslo_privsep/driver.py": (DRIVER, numbered(3))})
LOCK = (
    LockedFile("nova/driver.py", hash_bytes(DRIVER), hash_bytes(numbered(2, 9))),
    LockedFile("oslo_privsep/driver.py", hash_bytes(DRIVER), hash_bytes(numbered(3))),
)


@pytest.fixture
def target(tmp_path: Path) -> EnvironmentTarget:
    return packages(tmp_path / "packages")


def problems_of(target: EnvironmentTarget, *goal: object, whole: bool = False) -> list[PortError]:
    options = Options(release="2026.2", is_whole=whole)
    before = snapshot(target.root, with_state=True)
    with pytest.raises(ProblemsError) as caught:
        converge(target, goal, options)  # type: ignore[arg-type]
    assert snapshot(target.root, with_state=True) == before
    return list(caught.value.problems)


def test_record_is_right_on_every_prefix_and_comes_back(target: EnvironmentTarget) -> None:
    before = snapshot(target.root, with_state=True)
    for goal in (
        (NOVA,),
        (NOVA, MORE),
        (NOVA, MORE, ADDED),
        (NOVA, MORE, ADDED, PRIVSEP),
        (REMOVED,),
    ):
        on_packages(target, *goal)
        for name in ("nova", "oslo.privsep"):
            rows = record_paths(record(target.root, name).read_bytes())
            package = name.replace(".", "_")
            on_disk = {
                str(p.relative_to(target.root)) for p in (target.root / package).rglob("*.py")
            }
            assert {path for path in rows if path.endswith(".py")} == on_disk
            for path in on_disk:
                assert rows[path] == hex_to_record(hash_bytes((target.root / path).read_bytes()))
    on_packages(target)
    assert snapshot(target.root, with_state=True) == before


def test_every_missing_or_other_pin_is_named_with_the_next_command(
    target: EnvironmentTarget,
) -> None:
    shutil.rmtree(record(target.root, "oslo.privsep").parent)
    metadata = record(target.root, "nova").parent
    metadata = metadata.rename(metadata.with_name("nova-1.1.dist-info"))
    text = (metadata / "METADATA").read_text().replace("Version: 1.0", "Version: 1.1")
    (metadata / "METADATA").write_text(text)
    found = problems_of(target, NOVA, PRIVSEP)
    assert {one.what for one in found} == {"the environment does not hold the pinned release"}
    assert [one.where for one in found] == [
        f"nova 1.1 in {target.venv}, release 2026.2 pins 1.0",
        f"no oslo.privsep in {target.venv}, release 2026.2 pins 1.0",
    ]
    assert {one.hint for one in found} == {"freebsd-port venv --release 2026.2"}


def test_only_the_distributions_that_patches_touch_must_be_pinned(
    target: EnvironmentTarget,
) -> None:
    shutil.rmtree(record(target.root, "nova").parent)
    on_packages(reopen(target.root), PRIVSEP)
    assert load_state(target.root).versions == {"oslo.privsep": "1.0"}


def test_a_distribution_without_record_is_refused(target: EnvironmentTarget) -> None:
    record(target.root, "nova").unlink()
    with pytest.raises(PortError, match="nova has no RECORD") as caught:
        on_packages(target, NOVA)
    assert caught.value.hint == "install it again with pip"


def test_the_whole_series_must_come_out_as_series_lock_says(target: EnvironmentTarget) -> None:
    locked = replace(target, lock=LOCK)
    found = problems_of(locked, NOVA, PRIVSEP, whole=True)
    assert [one.what for one in found] == ["nova/driver.py differs from what series.lock records"]
    options = Options(release="2026.2", is_whole=True)
    assert converge(locked, (NOVA, MORE, PRIVSEP), options).after
    assert converge(locked, (NOVA, MORE, PRIVSEP), options).is_noop


def test_a_prefix_needs_the_locked_originals_only(target: EnvironmentTarget) -> None:
    assert on_packages(replace(target, lock=LOCK), NOVA).after
    on_packages(target)
    other = (replace(LOCK[0], before="0" * 64), LOCK[1])
    found = problems_of(replace(target, lock=other), NOVA)
    assert [one.what for one in found] == ["nova/driver.py is not the file of release 2026.2"]


def test_a_lock_that_changed_is_noticed_by_an_apply_that_has_nothing_to_do(
    target: EnvironmentTarget,
) -> None:
    on_packages(target, NOVA, MORE, PRIVSEP)
    other = (LOCK[0], replace(LOCK[1], after="0" * 64))
    found = problems_of(replace(target, lock=other), NOVA, MORE, PRIVSEP, whole=True)
    assert [one.what for one in found] == [
        "oslo_privsep/driver.py differs from what series.lock records"
    ]


def test_new_modules_can_be_read_by_all_whatever_the_umask(target: EnvironmentTarget) -> None:
    target.root.chmod(0o755)
    umask = os.umask(0o077)
    try:
        on_packages(target, ADDED)
    finally:
        os.umask(umask)
    assert (target.root / "nova/freebsd").stat().st_mode & 0o777 == 0o755
    assert (target.root / "nova/freebsd/limits.py").stat().st_mode & 0o777 == 0o644


def test_a_dry_run_over_packages_writes_nothing(target: EnvironmentTarget) -> None:
    before = snapshot(target.root, with_state=True)
    done = on_packages(target, NOVA, ADDED, dry_run=True)
    assert done.written == ("nova-1.0.dist-info/RECORD", "nova/driver.py", "nova/freebsd/limits.py")
    assert snapshot(target.root, with_state=True) == before


def test_a_patch_on_a_distribution_may_be_popped_while_another_stays(
    target: EnvironmentTarget,
) -> None:
    on_packages(target, PRIVSEP, NOVA)
    on_packages(target, PRIVSEP)
    assert (target.root / "nova/driver.py").read_bytes() == DRIVER
    assert (target.root / "oslo_privsep/driver.py").read_bytes() == numbered(3)
    assert {entry.distribution for entry in load_state(target.root).files} == {"oslo.privsep"}


def test_popping_where_no_patch_is_on_writes_nothing(target: EnvironmentTarget) -> None:
    fault = Fault()
    with pytest.MonkeyPatch.context() as monkeypatch:
        fault.install(monkeypatch)
        assert on_packages(target).is_noop
    assert fault.calls == []


def test_a_role_is_refused_while_one_of_its_distributions_is_absent(tmp_path: Path) -> None:
    target = packages(tmp_path / "packages")
    release = replace(
        target.release,
        pins=(*target.release.pins, Pin("neutron", "1.0", "unused.whl", "0" * 64)),
        roles=(Role("network", ("oslo.privsep", "neutron")),),
    )
    (problem,) = problems_of(replace(target, release=release.for_role("network")), PRIVSEP)
    assert problem.where == f"no neutron in {target.root}, release 2026.2 pins 1.0"
    assert problem.hint == "freebsd-port venv --release 2026.2 --role network"
    on_packages(replace(target, release=release.for_role("compute")), PRIVSEP)


def test_the_lock_is_compared_without_the_files_of_other_roles(tmp_path: Path) -> None:
    target = replace(packages(tmp_path / "packages"), lock=LOCK)
    (problem,) = problems_of(target, PRIVSEP, whole=True)
    assert problem.what == "the series leaves nova/driver.py as it is"
    narrowed = replace(target, find_passed_over=lambda: frozenset({"nova/driver.py"}))
    assert converge(narrowed, (PRIVSEP,), Options(release="2026.2", is_whole=True)).written
