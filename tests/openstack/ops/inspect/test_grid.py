"""Every patch on every release's wheels: the small project and a release that is older."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from made_wheel import make_wheel, save_release
from small_project import GREET, LEAVE, NAMES, NOVA_TEXT, WHO, WHO_TEXT, SmallProject, small_project

from freebsd_port.openstack.core.release.release import PATCHED_DISTRIBUTIONS
from freebsd_port.openstack.ops.inspect.grid import Grid, read_grid
from freebsd_port.openstack.store.python import wheels


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    """The small project with 2026.1: a longer nova, and an oslo.privsep with another word."""
    made = small_project(tmp_path, monkeypatch)
    texts = {
        "nova": {"nova/greet.py": NOVA_TEXT.replace("def gap1", "# older\ndef gap1").encode()},
        "oslo.privsep": {"oslo_privsep/who.py": WHO_TEXT.replace("linux", "gnu").encode()},
    }
    pins = [
        make_wheel(tmp_path / "older", name, "0.9", files=texts.get(name)) if name in texts else pin
        for name, pin in zip(PATCHED_DISTRIBUTIONS, made.pins, strict=True)
    ]
    save_release(made.root, "2026.1", pins)
    for pin in pins[:2]:
        (tmp_path / "cache/freebsd-port/wheels" / pin.sha256).mkdir(parents=True)
        shutil.copy(
            tmp_path / "older" / pin.wheel, tmp_path / "cache/freebsd-port/wheels" / pin.sha256
        )
    return made


def grid_of(made: SmallProject, *options: str) -> Grid:
    return read_grid(
        made.project, frozenset(options), is_offline=True, progress=lambda message: None
    )


def lies(grid: Grid) -> dict[str, list[str]]:
    return {
        column.release: [f"{cell.lie}{'@' if cell.is_variant else ''}" for cell in column.cells]
        for column in grid.columns
    }


def test_every_patch_lies_somehow_on_every_release(made: SmallProject) -> None:
    made.project.series_lock("2026.2").write_text("")
    grid = grid_of(made)
    assert grid.patches == NAMES == (WHO, GREET, LEAVE)
    assert lies(grid) == {
        "2026.1": ["miss", "exact", "offset"],
        "2026.2": ["exact", "exact", "exact"],
    }
    assert [column.has_series_lock for column in grid.columns] == [False, True]
    assert [cell.missed for cell in grid.columns[0].cells] == [1, 0, 0]


def test_a_text_of_its_own_is_told_for_the_releases_that_take_it(made: SmallProject) -> None:
    text = made.patch(WHO).read_bytes().replace(b"linux", b"gnu")
    made.patch(WHO.replace(".patch", "@2026.1.patch")).write_bytes(text)
    grid = grid_of(made)
    assert [column[0] for column in lies(grid).values()] == ["exact@", "exact"]
    assert grid.columns[0].cells[0].file == WHO.replace(".patch", "@2026.1.patch")


def test_a_patch_is_off_by_its_tag_or_where_other_options_are_named(made: SmallProject) -> None:
    series = made.root / "series"
    series.write_text(f"{WHO}  # not 2026.1\n{GREET} # option loud\n{LEAVE} # option polite\n")
    assert lies(grid_of(made))["2026.1"] == ["off", "exact", "offset"]
    assert lies(grid_of(made, "loud"))["2026.1"] == ["off", "exact", "off"]


def test_wheels_that_cannot_be_had_leave_only_their_column_empty(made: SmallProject) -> None:
    wheel = made.project.load_release("2026.1").pins[0]
    shutil.rmtree(wheels.cache_directory() / "wheels" / wheel.sha256)
    grid = grid_of(made)
    assert lies(grid) == {"2026.1": [], "2026.2": ["exact", "exact", "exact"]}
    assert grid.columns[0].problem is not None
    assert "offline, and not in the cache" in grid.columns[0].problem.what


def test_a_wheel_that_releases_share_is_read_once(
    made: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    real = wheels.find_wheel

    def find(pin: wheels.Pin) -> wheels.Wheel | None:
        read.append(pin.wheel)
        return real(pin)

    monkeypatch.setattr(wheels, "find_wheel", find)
    shared = "oslo.rootwrap/version.patch"
    made.save_patch(shared, "oslo_rootwrap/__init__.py", "version = '1.0'\n", "version = '2'\n")
    with (made.root / "series").open("a") as series:
        series.write(f"{shared}\n")
    grid_of(made)
    assert len(read) == len(set(read)) == 5
