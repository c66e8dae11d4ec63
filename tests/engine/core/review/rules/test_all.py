"""All rules together: what a finding names, how rules are found, and what they cost."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest
from judged_patch import HEADER, found, rules
from small_overlay import diff

import freebsd_port.engine.core.review.rules.all as all_rules
from freebsd_port.engine.core.review import rules as rules_package
from freebsd_port.engine.core.review.rules.all import RULES, find_rules


def test_a_finding_names_its_rule_and_its_line() -> None:
    (one,) = found(HEADER.encode() + diff("x.py", b"keep(True)\na()\n", b"a()\n"))
    assert one.file == "patches/nova/x.patch"
    assert (HEADER.encode() + diff("x.py", b"keep(True)\na()\n", b"a()\n")).split(b"\n")[
        one.line - 1
    ] == b"-keep(True)"
    assert one.rule in {rule.name for rule in RULES}


def test_a_large_file_that_is_no_program_takes_no_time_to_speak_of() -> None:
    rows = "".join(f'{{"cpu {number}": [1, 2,\n' for number in range(20_000))
    assert rules("a = 1\n", f"a = 1\n{rows}# {'x ' * 100_000}\n") == []


@pytest.mark.parametrize("text", ["a(", " ", "a = (", "/home", "1.", "'", "((", "x ", "aa:"])
def test_a_line_of_a_megabyte_takes_none_either(text: str) -> None:
    long = f"{text * (1_000_000 // len(text))})\n"
    assert len(rules("a = 1\n", f"a = 1\n{long}b = 2\n")) <= 1


def test_every_module_of_the_room_is_a_rule_and_has_its_test() -> None:
    room = Path(rules_package.__path__[0])
    names = {path.stem for path in room.glob("*.py")} - {"__init__", "all", "rule"}
    modules = [importlib.import_module(f"{rules_package.__name__}.{name}") for name in names]
    assert {module.RULE.name for module in modules} == {rule.name for rule in RULES}
    assert len(modules) == len(RULES)
    assert {path.stem for path in Path(__file__).parent.glob("test_*.py")} >= {
        f"test_{name}" for name in names
    }


def test_a_rule_says_what_it_asks_and_has_a_name_of_its_own() -> None:
    assert [rule.name for rule in RULES] == sorted({rule.name for rule in RULES})
    for rule in RULES:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
        assert rule.asks.endswith(".")
        assert rule.flags


NEW_RULE = """\
from freebsd_port.engine.core.review.rules.rule import Rule, in_each_hunk


def find(lines):
    return [(line.line, "a goto") for line in lines if "goto" in line.text]


RULE = Rule("no-goto", "warning", "Nothing jumps.", "`goto`", "", in_each_hunk(find))
"""


def test_a_module_put_into_the_room_is_a_rule_without_being_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new_goto.py").write_text(NEW_RULE)
    monkeypatch.setattr(rules_package, "__path__", [*rules_package.__path__, str(tmp_path)])
    found_rules = find_rules()
    monkeypatch.delitem(sys.modules, f"{rules_package.__name__}.new_goto")
    assert {rule.name for rule in found_rules} - {rule.name for rule in RULES} == {"no-goto"}
    monkeypatch.setattr(all_rules, "RULES", found_rules)
    (one,) = found(HEADER.encode() + diff("x.py", b"a\n", b"a\ngoto\n"))
    assert (one.rule, one.message) == ("no-goto", "a goto")
    assert one.hunk is not None
