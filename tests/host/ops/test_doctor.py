"""What the doctor takes from the locks of the releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from freebsd_port.host.core.doctor.building import TOOLS
from freebsd_port.host.ops.doctor import load_compiled
from freebsd_port.openstack.core.release.requirements import DependenciesError
from freebsd_port.openstack.store.project.project import Project, find_project

PROJECT = find_project()
NAMES = PROJECT.release_names()
VERSIONS = {name: load_compiled(PROJECT, PROJECT.load_release(name)).versions for name in NAMES}


def test_every_tool_is_for_something_that_a_release_compiles() -> None:
    built = {name for versions in VERSIONS.values() for name in versions}
    assert {name for tool in TOOLS for name in tool.builds} <= built


@pytest.mark.parametrize("name", NAMES)
def test_the_version_of_everything_that_is_compiled_can_be_compared(name: str) -> None:
    versions = VERSIONS[name]
    assert versions.keys() >= {"bcrypt", "cryptography", "lxml", "numpy"}
    needs = {
        tool.what for tool in TOOLS for one in tool.builds if tool.is_for(versions.get(one, "-1"))
    }
    assert needs >= {"rust", "libxml2", "libxslt", "libffi", "pkgconf"}
    assert ("ninja" in needs) == (name not in ("xena", "2023.1"))


def test_a_release_without_what_lock_learned_says_how_to_get_it(tmp_path: Path) -> None:
    project = Project(tmp_path)
    with pytest.raises(DependenciesError) as caught:
        load_compiled(project, PROJECT.load_release("2026.2"))
    assert caught.value.hint == "freebsd-port lock --release 2026.2"
