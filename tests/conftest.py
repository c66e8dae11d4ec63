"""Makes the modules beside this file importable by every test, and interrupts what they are."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from programs import PACKAGES, why_not

LONG = (
    *("test_checks_prove.py", "test_demo.py", "test_services.py", "test_database.py"),
    *("test_real_programs.py", "test_faults.py", "test_kills.py"),
)
"""Files that take long. They begin first, so that no processor waits for one of them alone."""


# Slowness is no fault: what draws its cases slowly on a busy machine draws them all the same.
settings.register_profile("any machine", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first, and keep the order of all others."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


def _skip_where_it_is_missing(error: FileNotFoundError) -> None:
    """Skip by name if what could not be started is one of the programs that a machine may lack."""
    name = str(error.filename)
    if name in PACKAGES and shutil.which(name) is None:
        pytest.skip(why_not(name))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, Any, Any]:
    """Skip a test whose fixtures start a program that this machine lacks."""
    try:
        return (yield)
    except FileNotFoundError as error:
        _skip_where_it_is_missing(error)
        raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, Any, Any]:
    """Skip a test that starts a program that this machine lacks."""
    try:
        return (yield)
    except FileNotFoundError as error:
        _skip_where_it_is_missing(error)
        raise


# A shell starts what it runs in the background with SIGINT ignored, and the commands that the
# tests interrupt would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
