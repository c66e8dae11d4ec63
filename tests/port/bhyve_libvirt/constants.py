"""libvirt's constants, as libvirt-python 9.0 names and numbers them: the ones nova reads."""

from pathlib import Path


def _load():
    text = Path(__file__).with_name("constants.txt").read_text("ascii")
    pairs = (line.split(" ") for line in text.splitlines())
    return {name: int(value) if value.lstrip("-").isdigit() else value for name, value in pairs}


CONSTANTS = _load()
"""Name to number; the names of statistics and parameters are strings."""
