"""The checks of level 1 import every module that the series patches, each with its patches."""

from __future__ import annotations

import re

from patched_modules import patched_modules

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
    pins = project.load_release().pins
    found = [pair for pin in pins for pair in patched_modules(pin.distribution)]
    assert len(found) == len(set(found)) > 0
    assert set(found) >= wanted


def test_every_distribution_checks_its_own_modules() -> None:
    for path in sorted(find_project().checks.glob("*/test_imports.py")):
        (name,) = re.findall(r'patched_modules\("(.+)"\)', path.read_text("utf-8"))
        assert re.sub("[-.]", "_", name) == path.parent.name
    patched = {path.name for path in find_project().patches.iterdir() if path.is_dir()}
    assert len(list(find_project().checks.glob("*/test_imports.py"))) == len(patched)
