"""How diagnoses of a host are shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

from freebsd_port.cli.options import Common
from freebsd_port.cli.render import paint, print_json, say
from freebsd_port.host.core.diagnosis import Diagnosis

_LOOKS = {"good": "good", "lacks": "bad", "wrong": "bad", "doubtful": "warn", "unknown": "dim"}
_BAD = ("lacks", "wrong")


def show_diagnoses(common: Common, verb: str, found: tuple[Diagnosis, ...]) -> bool:
    """Show them, with those that are good unless quiet; True if nothing lacks or is wrong."""
    counts = Counter[str](one.state for one in found)
    is_well = not any(counts[state] for state in _BAD)
    if common.as_json:
        rows = [asdict(one) for one in found]
        print_json({"ok": is_well, "verb": verb, "diagnoses": rows})
        return is_well
    _show_rows(found, common.verbosity)
    say(", ".join(f"{counts[state]} {state}" for state in _LOOKS if counts[state]))
    return is_well


def _show_rows(found: tuple[Diagnosis, ...], verbosity: int) -> None:
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
