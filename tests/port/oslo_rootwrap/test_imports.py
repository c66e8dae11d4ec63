"""Level 1: every patched module of oslo_rootwrap imports on this platform."""

import importlib

import pytest

PATCHED = [
    ("oslo.rootwrap/rootwrap-close-fds.patch", "oslo_rootwrap.cmd"),
    ("oslo.rootwrap/rootwrap-listener-enotconn.patch", "oslo_rootwrap.jsonrpc"),
    ("oslo.rootwrap/rootwrap-killfilter-sysctl.patch", "oslo_rootwrap.filters"),
]


@pytest.mark.parametrize(
    "module",
    [pytest.param(module, marks=pytest.mark.patch(patch), id=patch) for patch, module in PATCHED],
)
def test_a_patched_module_imports(module):
    assert importlib.import_module(module).__name__ == module
