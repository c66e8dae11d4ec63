"""Python subprocesses of an emulated process: they are emulated too."""

import os
import sys
from pathlib import Path

from .profile import Profile

PROFILE_VARIABLE = "FREEBSD_PORT_PROFILE"
LEVEL_VARIABLE = "FREEBSD_PORT_LEVEL"
CHILD = Path(__file__).resolve().parent / "child"


def inherit(profile_name: str, level: str) -> None:
    """Set the environment so that Pythons started from here activate the same profile.

    child/sitecustomize.py does it, found through PYTHONPATH; it runs the sitecustomize that it
    hides. Pythons that ignore PYTHONPATH (-I, -E) or site (-S) stay as they are.
    """
    os.environ[PROFILE_VARIABLE] = profile_name
    os.environ[LEVEL_VARIABLE] = level
    before = os.environ.get("PYTHONPATH", "")
    if str(CHILD) not in before.split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(CHILD), before)))


def is_active(profile: Profile) -> bool:
    """Whether this process already runs under the profile."""
    return sys.platform == profile.platform and os.environ.get(PROFILE_VARIABLE) == profile.name


def level() -> str:
    """The level that the environment carries."""
    return os.environ[LEVEL_VARIABLE]
