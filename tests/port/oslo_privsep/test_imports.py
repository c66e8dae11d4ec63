"""Level 1: every patched module of oslo_privsep imports on this platform."""

import importlib

import pytest

PATCHED = [
    ("oslo.privsep/privsep-posix-imports.patch", "oslo_privsep.daemon"),
    ("oslo.privsep/privsep-capabilities-optional.patch", "oslo_privsep.capabilities"),
    ("oslo.privsep/privsep-drop-privs-no-caps.patch", "oslo_privsep.daemon"),
    ("oslo.privsep/privsep-drop-privs-no-caps.patch", "oslo_privsep.priv_context"),
    ("oslo.privsep/privsep-no-new-privs.patch", "oslo_privsep.daemon"),
    ("oslo.privsep/privsep-no-new-privs.patch", "oslo_privsep.priv_context"),
    ("oslo.privsep/privsep-fork-no-return.patch", "oslo_privsep.daemon"),
    ("oslo.privsep/privsep-reset-is-eof.patch", "oslo_privsep.comm"),
    ("oslo.privsep/privsep-close-enotconn.patch", "oslo_privsep.comm"),
]


@pytest.mark.parametrize(
    "module",
    [pytest.param(module, marks=pytest.mark.patch(patch), id=patch) for patch, module in PATCHED],
)
def test_a_patched_module_imports(module):
    assert importlib.import_module(module).__name__ == module
