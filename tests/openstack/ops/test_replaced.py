"""Distributions reinstalled, rebuilt, upgraded or uninstalled under the overlay."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from small_overlay import (
    DRIVER,
    install,
    numbered,
    on_packages,
    packages,
    patch,
    record,
    reopen,
    snapshot,
)

from freebsd_port.engine.core.text.file import STATE_DIRECTORY
from freebsd_port.errors import ProblemsError
from freebsd_port.openstack.ops.environment import EnvironmentTarget, PinError

NOVA = patch(
    "nova/p.patch",
    {"nova/driver.py": (DRIVER, numbered(2)), "nova/extra.py": (None, b"one\n")},
)
PRIVSEP = patch("oslo.privsep/p.patch", {"oslo_privsep/driver.py": (DRIVER, numbered(2))})


@pytest.fixture
def target(tmp_path: Path) -> EnvironmentTarget:
    """Packages with a patch on nova and one on oslo.privsep."""
    target = packages(tmp_path / "packages")
    on_packages(target, NOVA, PRIVSEP)
    return target


def uninstall(root: Path, version: str = "1.0") -> None:
    """Remove what RECORD lists, as pip does."""
    shutil.rmtree(root / "nova")
    shutil.rmtree(record(root, "nova", version).parent)


def state_of(root: Path) -> bool:
    return (root / STATE_DIRECTORY).exists()


@pytest.mark.parametrize("is_same_record", [True, False])
def test_a_package_installed_again_gets_its_patches_again(
    target: EnvironmentTarget, is_same_record: bool
) -> None:
    patched = snapshot(target.root)
    uninstall(target.root)
    install(target.root, "nova")
    if not is_same_record:
        with record(target.root, "nova").open("ab") as file:
            file.write(b"nova/__pycache__/driver.cpython-311.pyc,,\n")
    done = on_packages(target, NOVA, PRIVSEP)
    assert done.reinstalled == ("nova",)
    assert done.written == ("nova-1.0.dist-info/RECORD", "nova/driver.py", "nova/extra.py")
    if is_same_record:
        assert snapshot(target.root) == patched
    else:
        assert b"nova/extra.py,sha256=" in record(target.root, "nova").read_bytes()
    again = on_packages(target, NOVA, PRIVSEP)
    assert again.is_noop
    assert again.reinstalled == ()


@pytest.mark.parametrize("is_same_record", [True, False])
def test_popping_a_package_installed_again_leaves_its_own_bytes(
    target: EnvironmentTarget, is_same_record: bool
) -> None:
    uninstall(target.root)
    install(target.root, "nova")
    if not is_same_record:
        with record(target.root, "nova").open("ab") as file:
            file.write(b"nova/__pycache__/driver.cpython-311.pyc,,\n")
    fresh = {p: f for p, f in snapshot(target.root).items() if p.startswith("nova")}
    done = on_packages(target)
    assert {p: f for p, f in snapshot(target.root).items() if p.startswith("nova")} == fresh
    assert done.written == ("oslo_privsep-1.0.dist-info/RECORD", "oslo_privsep/driver.py")
    assert not state_of(target.root)


def test_a_file_installed_over_without_uninstalling_is_noticed_too(
    target: EnvironmentTarget,
) -> None:
    install(target.root, "nova")
    assert (target.root / "nova/extra.py").exists()
    on_packages(target)
    assert not (target.root / "nova/extra.py").exists()
    assert (target.root / "nova/driver.py").read_bytes() == DRIVER
    assert not state_of(target.root)


def replace_nova(root: Path, kind: str) -> str:
    """Put something else in nova's place; give how messages call it."""
    uninstall(root)
    if kind == "upgrade":
        install(root, "nova", "2.0", driver=numbered(7))
        return "2.0"
    install(root, "nova", "1.0", driver=numbered(7))
    return "another build of 1.0"


@pytest.mark.parametrize("kind", ["upgrade", "rebuild"])
@pytest.mark.parametrize("goal", [(), (NOVA,), (NOVA, PRIVSEP)])
def test_a_replaced_package_is_noticed_and_nothing_is_written(
    target: EnvironmentTarget, goal: tuple[object, ...], kind: str
) -> None:
    now = replace_nova(target.root, kind)
    before = snapshot(target.root, with_state=True)
    with pytest.raises(ProblemsError) as caught:
        on_packages(target, *goal)  # type: ignore[arg-type]
    (found,) = caught.value.problems
    assert found.what == f"nova was replaced under the overlay: 1.0 was patched, {now} is there now"
    assert found.hint is not None
    assert found.hint.endswith("freebsd-port pop -a --force")
    assert snapshot(target.root, with_state=True) == before


@pytest.mark.parametrize("kind", ["upgrade", "rebuild"])
def test_a_forced_pop_forgets_a_replaced_package_and_restores_the_others(
    target: EnvironmentTarget, kind: str
) -> None:
    replace_nova(target.root, kind)
    now = {p: f for p, f in snapshot(target.root).items() if p.startswith("nova")}
    done = on_packages(target, force=True)
    assert done.forgotten == ("nova",)
    assert done.kept == ()
    assert {p: f for p, f in snapshot(target.root).items() if p.startswith("nova")} == now
    assert (target.root / "oslo_privsep/driver.py").read_bytes() == DRIVER
    assert not state_of(target.root)


def test_a_forced_apply_over_an_upgrade_asks_for_the_pinned_version(
    target: EnvironmentTarget,
) -> None:
    replace_nova(target.root, "upgrade")
    before = snapshot(target.root, with_state=True)
    with pytest.raises(ProblemsError) as caught:
        on_packages(target, NOVA, PRIVSEP, force=True)
    assert [type(one) for one in caught.value.problems] == [PinError]
    assert snapshot(target.root, with_state=True) == before


def test_our_own_leftovers_in_an_upgraded_package_go_and_nothing_else(
    target: EnvironmentTarget,
) -> None:
    shutil.rmtree(record(target.root, "nova").parent)
    (target.root / "nova/driver.py").unlink()
    install(target.root, "nova", "2.0")
    assert (target.root / "nova/extra.py").exists()
    on_packages(target, force=True)
    assert not (target.root / "nova/extra.py").exists()
    assert (target.root / "nova/driver.py").read_bytes() == DRIVER


def test_a_package_that_was_not_patched_may_change_its_version(tmp_path: Path) -> None:
    target = packages(tmp_path / "packages")
    on_packages(target, PRIVSEP)
    uninstall(target.root)
    install(target.root, "nova", "2.0", driver=numbered(7))
    assert on_packages(target, PRIVSEP).is_noop
    assert on_packages(target).after == ()
    assert (target.root / "nova/driver.py").read_bytes() == numbered(7)


def test_an_uninstalled_package_is_forgotten_without_force(target: EnvironmentTarget) -> None:
    uninstall(target.root)
    done = on_packages(target)
    assert done.forgotten == ("nova",)
    assert not (target.root / "nova").exists()
    assert (target.root / "oslo_privsep/driver.py").read_bytes() == DRIVER
    assert not state_of(target.root)


def test_a_change_cut_off_before_an_upgrade_writes_nothing_old_over_the_new(
    target: EnvironmentTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("freebsd_port.engine.store.overlay.journal.carry_out", die)
        with pytest.raises(KeyboardInterrupt):
            on_packages(target)
    replace_nova(target.root, "upgrade")
    now = {p: f for p, f in snapshot(target.root).items() if p.startswith("nova")}
    on_packages(reopen(target.root), force=True)
    assert {p: f for p, f in snapshot(target.root).items() if p.startswith("nova")} == now
    assert (target.root / "oslo_privsep/driver.py").read_bytes() == DRIVER


def test_a_package_that_only_lost_its_metadata_is_not_forgotten_unasked(
    target: EnvironmentTarget,
) -> None:
    shutil.rmtree(record(target.root, "nova").parent)
    with pytest.raises(ProblemsError) as caught:
        on_packages(target)
    assert "1.0 was patched, nothing is there now" in caught.value.problems[0].what
