"""Imported first by every file of lives: skips the file where something is missing for it."""

import importlib.util

import pytest

NEEDS = ("sqlite3", "testtools", "fixtures", "oslotest", "wsgi_intercept", "placement")

missing = [name for name in NEEDS if importlib.util.find_spec(name) is None]
if missing:
    pytest.skip("lives need " + ", ".join(missing), allow_module_level=True)
