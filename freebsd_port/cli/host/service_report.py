"""How the files of services, and the services, are shown."""

from __future__ import annotations

from freebsd_port.cli.common import Common
from freebsd_port.cli.render import paint, print_json, say
from freebsd_port.ops.host.service_states import ServiceState
from freebsd_port.ops.host.services import Step

_LOOKS = {"write": "good", "replace": "warn", "remove": "warn", "keep": "dim"}
_SCRIPTS = {
    "absent": "not installed",
    "edited": "edited by hand",
    "foreign": "another's script",
    "outdated": "outdated",
}


def show_steps(common: Common, verb: str, steps: tuple[Step, ...], *, is_dry_run: bool) -> None:
    """Show what became of each file, or would."""
    changed = [step for step in steps if step.action != "keep"]
    if common.as_json:
        rows = [
            {"path": one.path, "action": one.action, "copy": str(one.copy) if one.copy else None}
            for one in steps
        ]
        name = f"host services {verb}"
        print_json({"ok": True, "verb": name, "dry_run": is_dry_run, "files": rows})
        return
    if common.verbosity < 0:
        return
    would = "would " if is_dry_run else ""
    for step in steps if common.verbosity > 0 else changed:
        say(f"{paint(f'{would}{step.action:7}', _LOOKS[step.action])} {step.path}")
        if step.copy:
            say(f"        what was there is kept in {step.copy}")
    if not changed:
        say("nothing to do")


def show_states(common: Common, states: tuple[ServiceState, ...]) -> bool:
    """Show every service; True if all is well."""
    wrong = [one for one in states if not one.is_well]
    if common.as_json:
        rows = [
            {
                "name": one.name,
                "script": one.script,
                "enabled": one.enabled,
                "supervisor": one.supervisor,
                "process": one.process,
                "log": one.log,
                "restarted_seconds": one.restarted_seconds,
                "last_lines": list(one.last_lines),
                "log_refusal": one.log_refusal,
            }
            for one in states
        ]
        print_json({"ok": not wrong, "verb": "host services status", "services": rows})
        return not wrong
    for one in states if common.verbosity >= 0 else ():
        look = "bad" if not one.is_well else "good" if one.process else "dim"
        say(f"{paint(f'{one.name:19}', look)} {', '.join(_words(one))}")
        for line in one.last_lines:
            say(f"    {line}")
        if one.log_refusal:
            say(f"    its log cannot be read: {one.log_refusal}")
    if wrong and common.verbosity >= 0:
        say(paint(f"not as it should be: {', '.join(one.name for one in wrong)}", "bad"))
    return not wrong


def _words(one: ServiceState) -> list[str]:
    words = [_SCRIPTS[one.script]] if one.script in _SCRIPTS else []
    if one.restarted_seconds is not None:
        words.append(f"ended and was started again {one.restarted_seconds} seconds ago")
    if one.process:
        words.append(f"runs as process {one.process}")
    else:
        words.append("does not stay up" if one.supervisor else "does not run")
    if one.should_run and (not one.process or one.restarted_seconds is not None):
        words.append(f"log {one.log}")
    if one.script != "absent" and one.enabled is not None:
        words.append("enabled" if one.enabled else "not enabled")
    return words
