#!/usr/bin/env python3
"""Apply each option of the series by itself and run the checks of the patches under it.

    scripts/verify_options.py [--venv DIRECTORY] [--release NAME]

Afterwards the environment has no option again. Exit status 1 when a check fails, or an option has
no check that passes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from freebsd_port.engine.ops.target.patch_source import load_series  # noqa: E402
from freebsd_port.openstack.store.project.project import Project  # noqa: E402


def main() -> int:
    """Give 0 when every option is proved."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--venv")
    parser.add_argument("--release")
    asked = parser.parse_args()
    project = Project(ROOT)
    release = asked.release or project.default_release()
    words = ["--release", release, *(["--venv", asked.venv] if asked.venv else [])]
    series = load_series(project.series)
    failed = []
    for option in sorted(series.options):
        on = series.for_release(release, project.release_names(), frozenset({option}))
        names = [entry.name for entry in on.entries if entry.option == option]
        if not names:
            print(f"{option}: {release} has no patch under it", flush=True)
            continue
        chosen = [*words, "--option", option]
        if run("apply", "--quiet", *chosen) or run("verify", *chosen, *names):
            failed.append(option)
    run("pop", "-a", "--quiet", *words)
    run("apply", "--quiet", *words)
    for option in failed:
        print(f"error: the option {option} is not proved", file=sys.stderr)
    return 1 if failed else 0


def run(*words: str) -> int:
    """Run the command; give its exit status."""
    command = [sys.executable, "-m", "freebsd_port", *words]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
