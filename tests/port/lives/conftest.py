"""Lives of bhyve guests through nova's functional harness; they need what nova's own tests need.

Where that is missing every file of lives is skipped, with its name.
"""

import os

import concurrency

if concurrency.is_native("lives"):
    os.environ.setdefault("OS_NOVA_DISABLE_EVENTLET_PATCHING", "true")
