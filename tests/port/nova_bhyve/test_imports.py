"""Level 1: every patched module of nova_bhyve imports on this platform."""

import importlib

import pytest
from patched_modules import patched_modules


@pytest.mark.parametrize(
    "module",
    [
        pytest.param(module, marks=pytest.mark.patch(patch), id=patch)
        for patch, module in patched_modules("nova-bhyve")
    ],
)
def test_a_patched_module_imports(module):
    assert importlib.import_module(module).__name__ == module
