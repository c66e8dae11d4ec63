"""Level 1: every patched module of oslo_messaging imports on this platform."""

import importlib

import pytest

PATCHED = [
    ("oslo.messaging/messaging-oserror-errno.patch", "oslo_messaging._drivers.impl_rabbit"),
    ("oslo.messaging/messaging-user-timeout-platform.patch", "oslo_messaging._drivers.impl_rabbit"),
    ("oslo.messaging/messaging-qmanager-portable.patch", "oslo_messaging._drivers.amqpdriver"),
]


@pytest.mark.parametrize(
    "module",
    [pytest.param(module, marks=pytest.mark.patch(patch), id=patch) for patch, module in PATCHED],
)
def test_a_patched_module_imports(module):
    assert importlib.import_module(module).__name__ == module
