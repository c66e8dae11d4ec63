"""Connect guest consoles to their ports and logs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from freebsd_port.cli.options import Common, output_options, pass_common
from freebsd_port.cli.render import count, paint, print_json, say
from freebsd_port.host.cli.options import answers_option, root_option

SECTION = "Verbs"
PLACE = 7


_EPILOG = """\b
Examples:
  freebsd-port host console-bridge
  freebsd-port host console-bridge --status
  freebsd-port host console-bridge --status --json
  freebsd-port host console-bridge --answers /root/host.toml

\b
SIGTERM stops the bridge; the guests keep running. See docs/console-bridge.md."""


@click.command("console-bridge", epilog=_EPILOG)
@click.option("--status", "is_status", is_flag=True, help="Show the state of the running bridge.")
@root_option
@answers_option
@output_options
@pass_common
def command(common: Common, is_status: bool, root: Path, answers_path: Path) -> None:
    """Connect the null modem of every guest to the port from nova, and to its console.log.

    The bridge stays in the foreground, for daemon(8), and prints one line for each event, or one
    document with --json. --status fails if no bridge answers, or if libvirt does not answer it.
    """
    from freebsd_port.host.ops.answers import load_answers
    from freebsd_port.host.ops.console_bridge import ask_bridge, bridge_settings, run_bridge

    settings = bridge_settings(load_answers(answers_path), root)
    if not is_status:
        run_bridge(settings, _teller(common))
        return
    state = ask_bridge(settings)
    if common.as_json:
        print_json({"verb": "host console-bridge", **state})
    elif common.verbosity >= 0:
        _show(state, is_verbose=common.verbosity > 0)
    if not state["ok"]:
        raise click.exceptions.Exit(1)


def _teller(common: Common) -> Callable[[str], None]:
    """Give what prints an event, with the time in UTC, as it happens."""
    import json
    from datetime import UTC, datetime

    def tell(message: str) -> None:
        time = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        if common.as_json:
            click.echo(json.dumps({"time": time, "message": message}))
        else:
            say(f"{time} {message}")

    return tell


def _show(state: dict[str, Any], *, is_verbose: bool) -> None:
    for one in state["consoles"]:
        port = f"{one['address']}:{one['port']}" if one["port"] else "the log only"
        wrong = [
            text
            for is_so, text in (
                (one["connected"] is False, "no guest at the null modem"),
                (one["connected"] is None, "not known whether its guest runs"),
                (one["port"] and not one["listening"], "does not listen"),
                (not one["logged"], "no log"),
                (one["lost_log_bytes"], f"{count(one['lost_log_bytes'], 'byte')} not logged"),
                (one["overruns"], f"output lost {count(one['overruns'], 'time')}"),
            )
            if is_so
        ]
        mark = paint("  degraded", "warn") if wrong else paint("  joined  ", "good")
        missing = [f"first output missing, {one['missed_start']}"] if one["missed_start"] else []
        dropped = one["dropped_input_bytes"]
        typed = [f"{count(dropped, 'byte')} of input dropped"] if dropped else []
        notes = "; ".join([port, count(one["clients"], "client"), *wrong, *missing, *typed])
        say(f"{mark} {one['name']} {one['guest']}: {notes}")
        if is_verbose:
            say(f"             {one['device']}, {count(one['read_bytes'], 'byte')} read")
    for one in state["left_alone"]:
        if is_verbose or not one["harmless"]:
            look = "dim" if one["harmless"] else "bad"
            say(f"{paint('  refused ', look)} {one['guest']}: {one['reason']}")
    libvirt = state["libvirt"]
    answer = libvirt if libvirt == "answers" else paint(f"does not answer: {libvirt}", "bad")
    say(f"{count(len(state['consoles']), 'console')}; libvirt {answer}")
