"""Report what this host lacks to run nova, with the command that fixes it."""

from __future__ import annotations

from pathlib import Path

import click

from freebsd_port.cli.options import Common, common_options, pass_common
from freebsd_port.cli.render import print_json, say
from freebsd_port.host.cli.diagnoses import show_diagnoses
from freebsd_port.host.cli.options import answers_option, recorded_option, root_option

SECTION = "Verbs"
PLACE = 2


_EPILOG = """\b
Examples:
  freebsd-port host doctor
  freebsd-port host doctor -q --json
  freebsd-port host doctor --record host.json
  freebsd-port host doctor --host host.json

\b
Exit status: 0 nothing is missing, 1 something is, 2 usage."""


@click.command(epilog=_EPILOG)
@recorded_option
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Record what this host answers.",
)
@root_option
@answers_option
@common_options
@pass_common
def command(
    common: Common, recording: Path | None, record: Path | None, root: Path, answers_path: Path
) -> None:
    """Change nothing, and need no root; what only root can see is reported as unknown.

    A recording has no passwords in it, because host.toml has none.
    """
    from freebsd_port.errors import UsageError
    from freebsd_port.host.ops import doctor
    from freebsd_port.host.ops.answers import load_answers

    if recording and record:
        raise UsageError("--host and --record exclude each other", hint="give one of them")
    answers = load_answers(answers_path)
    project = common.project()
    compiled = doctor.load_compiled(project, project.load_release(common.release))
    if record:
        doctor.record_host(record, answers, compiled, root, common.progress)
        if common.as_json:
            print_json({"ok": True, "verb": "host doctor", "recorded": str(record)})
        elif common.verbosity >= 0:
            say(f"wrote {record}")
        return
    found = (
        doctor.examine_recording(recording, answers, compiled)
        if recording
        else doctor.examine_host(answers, compiled, root, common.progress)
    )
    if not show_diagnoses(common, "host doctor", found):
        raise click.exceptions.Exit(1)
