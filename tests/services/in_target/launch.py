"""Runs a script of the target as on a bhyve host: launch.py [OPTION ...] SCRIPT [WORD ...].

--emulate DIRECTORY PROFILE LEVEL   the emulation package, what it emulates, and how:
                                    `namespace`, `python` or `best`
--libvirt DIRECTORY                 bhyve_libvirt's, which then is the module libvirt
"""

import argparse
import importlib
import importlib.util
import runpy
import sys
from pathlib import Path

LEVELS = {"namespace": "mount namespace", "python": "Python level", "best": None}


def emulate(place, name, level):
    """Activate the package, found by its path; its subprocesses find it under the same name."""
    spec = importlib.util.spec_from_file_location(
        "freebsd_emulation", str(Path(place, "__init__.py")), submodule_search_locations=[place]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.activate(module.load_profile(name), LEVELS[level])


def stand_in(place):
    """Have nova find the stand-in where it looks for libvirt-python."""
    sys.path.insert(0, place)
    try:
        sys.modules["libvirt"] = importlib.import_module("bhyve_libvirt").make_libvirt()
    finally:
        sys.path.remove(place)


def main():
    """Prepare, say what was prepared, and become the script."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--emulate", nargs=3)
    parser.add_argument("--libvirt")
    parser.add_argument("script", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if options.emulate is not None:
        print(f"platform: {emulate(*options.emulate)}", flush=True)
    if options.libvirt is not None:
        stand_in(options.libvirt)
    sys.argv = options.script
    sys.path[0] = str(Path(sys.argv[0]).parent)
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
