"""Which modules each patch of a distribution changes, as the patch files say."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def patched_modules(distribution):
    """Give (patch, module) for each Python file of each patch, in the order of the series."""
    lines = (PROJECT / "series").read_text("utf-8").splitlines()
    names = [line.split()[0] for line in lines if line.strip() and not line.startswith("#")]
    return [
        (name, re.sub(r"(/__init__)?\.py$", "", path).replace("/", "."))
        for name in names
        if name.startswith(distribution + "/")
        for path in _changed(PROJECT / "patches" / name)
    ]


def _changed(patch):
    return re.findall(r"^\+\+\+ b/(\S+\.py)\b", patch.read_text("utf-8"), re.MULTILINE)
