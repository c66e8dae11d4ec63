"""Mutation testing of the series: a small mistake in each added line, and who notices it.

    .venv/bin/python tests/mutants [--venv DIR] [--release NAME] [--kept FILE] [PATCH]...

The checks of tests/port run in the patched environment, on the emulated FreeBSD and then, for what
survived, on Linux. What survives both, and is of a patch whose checks start programs, is tried once
more with the mutated file on disk, which these programs see too. Prints survivors by patch; those
that mutants.toml explains are not counted. Exit status 1 where less than 95 % are killed, or an
explanation has no survivor. --kept keeps what was killed in a file, and does not run it again.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS.parent), str(TESTS), str(TESTS / "helpers")]

from freebsd_port.openstack.store.project.project import find_project  # noqa: E402
from mutants.running import Campaign, read_explained  # noqa: E402

GOAL = 95.0
"""Percent of the mutants that a check has to notice."""


def main() -> int:
    """Run the mutants, print what came of them, give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patches", nargs="*", metavar="PATCH")
    parser.add_argument("--venv", type=Path)
    parser.add_argument("--release")
    parser.add_argument("--sample", type=int, default=1, metavar="N", help="every Nth mutant only")
    parser.add_argument("--kept", type=Path, metavar="FILE", help="do not repeat what was killed")
    options = parser.parse_args()
    project = find_project()
    release = project.load_release(options.release)
    venv = options.venv or project.root / ".venvs" / release.name
    started = time.monotonic()
    campaign = Campaign.plan(project, release.name, venv.absolute(), tuple(options.patches))
    campaign = campaign.sample(options.sample)
    campaign.run(lambda text: print(f"... {text}", file=sys.stderr, flush=True), options.kept)
    explained = read_explained(project.root / "mutants.toml")
    for line in campaign.report(explained):
        print(line)
    print(f"{campaign.total} mutants in {time.monotonic() - started:.0f} s")
    stale = campaign.stale(explained) if options.sample == 1 else ()
    for one in stale:
        print(f"error: mutants.toml explains what no longer survives: {one}")
    return int(campaign.percent(explained) < GOAL or bool(stale))


if __name__ == "__main__":
    sys.exit(main())
