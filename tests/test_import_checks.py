"""The checks of level 1 import every module that the series patches, each with its patches."""

from __future__ import annotations

import re

from patched_modules import patched_modules

from freebsd_port.openstack.core.release.release import PATCHED_DISTRIBUTIONS
from freebsd_port.openstack.ops.inspect.listing import list_series
from freebsd_port.openstack.store.project.project import find_project


def test_every_patched_module_has_its_import_checked() -> None:
    project = find_project()
    wanted = {
        (patch.name, name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        for patch in list_series(project, project.default_release())
        for name in patch.files
        if name.endswith(".py")
    }
    found = [pair for name in PATCHED_DISTRIBUTIONS for pair in patched_modules(name)]
    assert len(found) == len(set(found)) > 0
    assert set(found) >= wanted


def test_every_distribution_checks_its_own_modules() -> None:
    for path in sorted(find_project().checks.glob("*/test_imports.py")):
        (name,) = re.findall(r'patched_modules\("(.+)"\)', path.read_text("utf-8"))
        assert name.replace(".", "_") == path.parent.name
    assert len(list(find_project().checks.glob("*/test_imports.py"))) == len(PATCHED_DISTRIBUTIONS)
