"""Holding pins against a small index."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from made_wheel import make_pins, make_wheel, save_index, save_release

from freebsd_port.openstack.ops.release.listing import Outdated, find_outdated
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.index import PackageIndexError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two releases that pin 1.0 and 2.0 of everything, as an index has it."""
    for name, version in (("2026.1", "1.0"), ("2026.2", "2.0")):
        pins = make_pins(tmp_path / "files", version)
        save_release(tmp_path, name, pins, python=">=3.11,<3.14")
    save_index(tmp_path / "files", tmp_path / "index")
    Project(tmp_path).series_lock("2026.2").write_text("")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())
    return Project(tmp_path)


def publish(project: Project, *what: tuple[str, str], python: str = "") -> None:
    files = project.root / "-".join(version for _, version in what)
    for name, version in what:
        make_wheel(files, name, version)
    save_index(files, project.root / "index", python=python)


def ask(project: Project) -> Outdated:
    return find_outdated(project, project.release_names(), lambda message: None)


def test_pins_that_are_the_newest_of_their_line_are_not_outdated(project: Project) -> None:
    found = ask(project)
    assert not found.is_outdated
    assert [(one.release.name, one.pins, one.has_series_lock) for one in found.releases] == [
        ("2026.1", (), False),
        ("2026.2", (), True),
    ]


def test_point_releases_are_told_for_the_release_whose_line_they_are_of(project: Project) -> None:
    publish(project, ("nova", "1.1"), ("oslo.privsep", "2.0.1"), ("oslo.privsep", "2.1"))
    found = ask(project)
    assert found.is_outdated
    assert [
        (one.pin.distribution, one.pin.version, one.newest.version)
        for news in found.releases
        for one in news.pins
    ] == [("nova", "1.0", "1.1"), ("oslo.privsep", "2.0", "2.0.1")]


def test_a_new_release_is_told_with_the_pythons_that_are_left_to_it(project: Project) -> None:
    publish(project, ("nova", "3.0.0"), python=">=3.12")
    found = ask(project)
    assert found.is_outdated
    assert [(one.name, one.nova.version) for one in found.new] == [("2027.1", "3.0.0")]
    assert found.new_pythons == ("3.12", "3.13")


def test_an_index_that_is_down_is_an_error(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", (project.root / "nowhere").as_uri())
    with pytest.raises(PackageIndexError, match="gave nothing of nova"):
        ask(project)
