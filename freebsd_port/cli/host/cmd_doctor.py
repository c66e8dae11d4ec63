"""`freebsd-port host doctor`."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path

import click

from freebsd_port.cli.host.options import answers_option
from freebsd_port.cli.options import Common, common_options, pass_common
from freebsd_port.cli.render import paint, print_json, say
from freebsd_port.core.host.doctor.diagnosis import Diagnosis

_EPILOG = """\b
Examples:
  freebsd-port host doctor
  freebsd-port host doctor -q --json
  freebsd-port host doctor --record host.json
  freebsd-port host doctor --host host.json

\b
Exit status: 0 nothing is missing, 1 something is, 2 usage."""

_LOOKS = {"good": "good", "lacks": "bad", "doubtful": "warn", "unknown": "dim"}
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog=_EPILOG)
@click.option(
    "--host", "recording", type=_FILE, metavar="FILE", help="Judge a recorded host, not this one."
)
@click.option("--record", type=_FILE, metavar="FILE", help="Write down what this host answers.")
@answers_option
@common_options
@pass_common
def command(
    common: Common, recording: Path | None, record: Path | None, answers_path: Path
) -> None:
    """Say what this host has and lacks to run nova, each with the command that cures it.

    It changes nothing and needs no root; what only root may ask is called unknown. A recording has
    no passwords in it: host.toml holds none.
    """
    from freebsd_port.errors import UsageError
    from freebsd_port.ops.host import doctor
    from freebsd_port.ops.host.answers import load_answers

    if recording and record:
        raise UsageError("--host and --record exclude each other", hint="give one of them")
    answers = load_answers(answers_path)
    project = common.project()
    compiled = doctor.load_compiled(project, project.load_release(common.release))
    if record:
        doctor.record_host(record, answers, compiled, common.progress)
        if common.as_json:
            print_json({"ok": True, "verb": "host doctor", "recorded": str(record)})
        elif common.verbosity >= 0:
            say(f"wrote {record}")
        return
    found = (
        doctor.examine_recording(recording, answers, compiled)
        if recording
        else doctor.examine_host(answers, compiled, common.progress)
    )
    counts = Counter[str](one.state for one in found)
    if common.as_json:
        rows = [asdict(one) for one in found]
        print_json({"ok": not counts["lacks"], "verb": "host doctor", "diagnoses": rows})
    else:
        _show(found, common.verbosity)
        say(", ".join(f"{counts[state]} {state}" for state in _LOOKS))
    if counts["lacks"]:
        raise click.exceptions.Exit(1)


def _show(found: tuple[Diagnosis, ...], verbosity: int) -> None:
    """Print what there is to do; with what is good, unless quiet."""
    width = max(len(one.what) for one in found)
    area = None
    for one in found:
        if one.state == "good" and verbosity < 0:
            continue
        if one.area != area:
            area = one.area
            say(paint(area, "strong"))
        row = f"  {paint(f'{one.state:<8}', _LOOKS[one.state])}  {one.what:<{width}}"
        say(f"{row}  {one.detail}".rstrip())
        if one.cure:
            say(f"            {paint('try:', 'dim')} {one.cure}")
