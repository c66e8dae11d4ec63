"""Activates, at the start of a subprocess, the profile that its parent runs under."""

import importlib.util
import os
import sys


def _activate() -> None:
    name = os.environ.get("FREEBSD_PORT_PROFILE")
    if not name or not sys.platform.startswith("linux"):
        return
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    spec = importlib.util.spec_from_file_location(
        "freebsd_emulation",
        os.path.join(root, "__init__.py"),
        submodule_search_locations=[root],
    )
    if spec is None or spec.loader is None:
        raise ImportError("no emulation package in " + root)
    module = importlib.util.module_from_spec(spec)
    sys.modules["freebsd_emulation"] = module
    spec.loader.exec_module(module)
    module.activate(module.load_profile(name), os.environ.get("FREEBSD_PORT_LEVEL"))


def _run_hidden_sitecustomize() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec(
        "sitecustomize", [p for p in sys.path if os.path.abspath(p or ".") != here]
    )
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


_run_hidden_sitecustomize()
_activate()
