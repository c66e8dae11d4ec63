"""Lives of bhyve guests through nova's functional harness; they need what nova's own tests need.

Where that is missing every file of lives is skipped, with its name.
"""

import os

import threads

if threads.are_native():
    os.environ.setdefault("OS_NOVA_DISABLE_EVENTLET_PATCHING", "true")
