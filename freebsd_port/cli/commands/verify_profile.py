"""Compare a recording of a FreeBSD host with a profile of the emulation."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from freebsd_port.cli.options import Common, common_options, pass_common

SECTION = "Verbs"
PLACE = 3


_EPILOG = """\b
Examples:
  freebsd-port verify profile facts.json
  freebsd-port verify profile facts.json --profile freebsd-14.5 --exit-code

\b
Exit status: 0 done, 1 with --exit-code something differs, 2 usage."""


@click.command("profile", epilog=_EPILOG)
@click.argument("recording", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--profile", metavar="NAME", help="The profile; by default of the same FreeBSD.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if something differs.")
@common_options
@pass_common
def command(common: Common, recording: Path, profile: str | None, exit_code: bool) -> None:
    """Print every name, number, limit and symbol that RECORDING has otherwise than the profile.

    A recording is made on FreeBSD with scripts/record-profile. What belongs to one machine, such as
    its memory, is not compared.
    """
    from freebsd_port.cli.render import count, print_json, say
    from freebsd_port.openstack.ops.proof.recording import compare_with_profile, profile_names

    if profile is not None and profile not in profile_names():
        known = ", ".join(profile_names())
        raise click.BadParameter(f"no profile {profile!r}; known: {known}", param_hint="--profile")
    found = compare_with_profile(recording, profile)
    if common.as_json:
        print_json(
            {
                "ok": True,
                "verb": "verify profile",
                "problems": [],
                "profile": found.profile,
                "host": found.host,
                "differences": [asdict(one) for one in found.differences],
            }
        )
    elif common.verbosity >= 0:
        for one in found.differences:
            say(f"{one.what}: the profile {one.profile}, the recording {one.recorded}")
        say(f"{found.host} and {found.profile}: {count(len(found.differences), 'difference')}")
    if exit_code and found.differences:
        click.get_current_context().exit(1)
