"""Asking a package index what it has, through the settings of the user's pip."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from made_wheel import make_wheel, save_index

from freebsd_port.openstack.store.python.index import (
    PackageIndexError,
    ask_index,
    index_settings,
    list_published,
)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index with two versions of nova: the newer one is yanked and for another Python."""
    pin = make_wheel(tmp_path / "old", "nova", "1.0")
    save_index(tmp_path / "old", tmp_path / "index")
    pin = make_wheel(tmp_path / "new", "nova", "2.0")
    save_index(tmp_path / "new", tmp_path / "index", python=">=3.98", yanked=[pin.wheel])
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())
    return tmp_path / "index"


def test_every_wheel_is_listed_with_what_the_index_says_of_it(index: Path) -> None:
    old, new = list_published(["nova"])["nova"]
    assert (old.version, old.wheel, old.python, old.is_yanked) == (
        *("1.0", "nova-1.0-py3-none-any.whl", None, False),
    )
    assert (new.version, new.python, new.is_yanked) == ("2.0", ">=3.98", True)
    assert {len(str(one.sha256)) for one in (old, new)} == {64}


def test_one_version_can_be_asked_for_and_nothing_may_come_of_it(index: Path) -> None:
    asked = [("nova", "1.0"), ("nova2", "1.0")]
    found = ask_index(Path(sys.executable), index_settings(), asked)
    assert [file.version for file in found["nova"]] == ["1.0"]
    assert found["nova2"] == ()


def test_an_index_that_lacks_a_distribution_is_told_by_name(index: Path) -> None:
    with pytest.raises(PackageIndexError, match=r"gave nothing of oslo\.privsep") as caught:
        list_published(["nova", "oslo.privsep"])
    assert caught.value.hint == "python -m pip config list shows which index pip asks"


def test_an_index_that_is_down_is_told_with_what_pip_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(PackageIndexError, match=r"gave nothing of nova: Retrying.*refused"):
        list_published(["nova"])


def test_a_python_without_pip_tools_is_told(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\necho \"ModuleNotFoundError: No module named 'piptools'\" >&2\nexit 1\n"
    )
    python.chmod(0o755)
    with pytest.raises(PackageIndexError, match=r"cannot be asked: .*No module named 'piptools'"):
        ask_index(python, {}, [("nova", None)])


def test_only_the_way_to_the_index_is_kept_of_the_users_settings(
    index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", "/mine")
    monkeypatch.setenv("PIP_TIMEOUT", "7")
    settings = index_settings()
    assert settings["PIP_INDEX_URL"] == index.as_uri()
    assert settings["PIP_TIMEOUT"] == "7"
    assert "PIP_FIND_LINKS" not in settings
