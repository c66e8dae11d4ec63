"""Finding installed distributions from their records alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from freebsd_port.openstack.store.python.environment import (
    Installed,
    InstalledError,
    find_installed,
)


def install(root: Path, name: str, version: str, directory: str = "") -> Path:
    dist_info = root / (directory or f"{name.replace('.', '_')}-{version}.dist-info")
    dist_info.mkdir(parents=True)
    (dist_info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nVersion: 9\n"
    )
    return dist_info


def test_only_the_distributions_asked_for_are_found_under_the_name_asked_for(
    tmp_path: Path,
) -> None:
    dist_info = install(tmp_path, "oslo.privsep", "3.12.0")
    install(tmp_path, "oslo.config", "9.0")
    assert find_installed(tmp_path, ["Oslo-PrivSep", "nova"]) == {
        "Oslo-PrivSep": Installed("oslo.privsep", "3.12.0", dist_info, tmp_path)
    }


def test_a_dotted_directory_name_is_found_too(tmp_path: Path) -> None:
    dist_info = install(tmp_path, "oslo.privsep", "3.0.1", "oslo.privsep-3.0.1.dist-info")
    assert find_installed(tmp_path, ["oslo.privsep"])["oslo.privsep"].dist_info == dist_info


def test_a_name_that_only_starts_alike_is_another_distribution(tmp_path: Path) -> None:
    install(tmp_path, "nova_extra", "1.0")
    (tmp_path / "nova").mkdir()
    assert find_installed(tmp_path, ["nova"]) == {}


def test_one_distribution_at_two_versions_is_refused(tmp_path: Path) -> None:
    install(tmp_path, "nova", "34.0.0")
    install(tmp_path, "nova", "34.0.1")
    with pytest.raises(InstalledError, match="nova is installed twice") as caught:
        find_installed(tmp_path, ["nova"])
    assert "nova-34.0.0.dist-info and" in str(caught.value.where)


def test_metadata_that_contradicts_its_directory_is_refused(tmp_path: Path) -> None:
    install(tmp_path, "nova", "34.0.1", "nova-34.0.0.dist-info")
    with pytest.raises(InstalledError, match=r"nova 34\.0\.1 in a directory of nova 34\.0\.0"):
        find_installed(tmp_path, ["nova"])


def test_missing_metadata_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "nova-34.0.0.dist-info").mkdir()
    with pytest.raises(InstalledError, match="no such file") as caught:
        find_installed(tmp_path, ["nova"])
    assert caught.value.where == str(tmp_path / "nova-34.0.0.dist-info" / "METADATA")


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstalledError, match="no directory of packages"):
        find_installed(tmp_path / "absent", ["nova"])
