"""Every rule of this package, and what the rules remark on in a patch."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence

from freebsd_port.engine.core.patch.patch import Patch
from freebsd_port.engine.core.review import rules
from freebsd_port.engine.core.review.facts import Remark
from freebsd_port.engine.core.review.hunk_text import read_hunk
from freebsd_port.engine.core.review.on_release import WalkedHunk
from freebsd_port.engine.core.review.rules.rule import ReadHunk, ReadPatch, Rule


def find_rules() -> tuple[Rule, ...]:
    """Import every module of the package and give the rules that they declare, sorted by name."""
    names = [one.name for one in pkgutil.iter_modules(rules.__path__) if one.name != "all"]
    modules = [importlib.import_module(f"{rules.__name__}.{name}") for name in names]
    found = [module.RULE for module in modules if hasattr(module, "RULE")]
    return tuple(sorted(found, key=lambda rule: rule.name))


RULES = find_rules()


def find_findings(file: str, patch: Patch, hunks: Sequence[WalkedHunk]) -> tuple[Remark, ...]:
    """Ask every rule about a patch; findings are in the order of its lines.

    `file` is its path below the project, `hunks` are its hunks with their ids.
    """
    read = ReadPatch(
        patch,
        tuple(ReadHunk(one.id, one.path, one.hunk.line, read_hunk(one.hunk)) for one in hunks),
    )
    found = {
        Remark(rule.name, rule.level, spot.message, file, spot.line, spot.hunk)
        for rule in RULES
        for spot in rule.find(read)
    }
    return tuple(sorted(found, key=lambda one: (one.line, one.rule, one.message)))
