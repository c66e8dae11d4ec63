"""The mutants that are made of code, and a small campaign on a real patch."""

import ast
import importlib
import os
import sys
import time
from pathlib import Path

import pytest
from proof import require_environment

from mutants.mutating import find_mutations
from mutants.running import Campaign

HERE = Path(__file__).parent

CODE = '''\
def can_be_root(uids):
    """Tell it."""
    if uids and 0 in uids:
        raise ValueError(_('one of %s is root') % uids)
    LOG.info('checked', extra={'uids': uids})
    return os.getuid() == 0
'''


def mutants_of(code, *lines):
    """The code that each mutation makes of it."""
    made = []
    for number in range(len(find_mutations(ast.parse(code), lines))):
        tree = ast.parse(code)
        find_mutations(tree, lines)[number].make()
        made.append(ast.unparse(tree))
    return made


def test_every_mutant_is_another_program_that_compiles():
    made = mutants_of(CODE, *range(1, 7))
    assert len(set(made)) == len(made) > 5
    assert ast.unparse(ast.parse(CODE)) not in made
    for one in made:
        compile(one, "mutant", "exec")


def test_conditions_errors_and_results_are_mutated():
    made = "\n".join(mutants_of(CODE, 3, 4, 6))
    for text in ("if uids or 0 in uids:", "if uids:", "if 0 in uids:", "uids and 0 not in uids"):
        assert text in made
    assert "    pass\n" in made
    assert "return None" in made
    assert "os.getuid() != 0" in made


def test_only_the_lines_asked_for_are_mutated_and_never_what_a_person_reads():
    assert mutants_of(CODE, 1, 2, 5) == []
    assert all("os.getuid() == 0" in one for one in mutants_of(CODE, 3, 4))
    assert all(
        "'one of %s is root'" in one for one in mutants_of(CODE, *range(1, 7)) if "raise" in one
    )


def test_an_item_of_a_table_an_argument_and_a_context_can_be_missing():
    made = mutants_of("with guarded():\n    run(a, fast=True)\nTABLE = ('x', 'y')\n", 1, 2, 3)
    assert "if True:\n    run(a, fast=True)" in made[0]
    assert any("run(a)" in one for one in made)
    assert any("TABLE = ('x',)" in one for one in made)


MODULE = """\
LIMITS = {'ports': 4}
class Driver:
    FLAGS = ('a', 'b')
    def ports(self):
        def double(count):
            return count * 2
        return double(LIMITS['ports'])
    @staticmethod
    def is_one(number):
        return number == 1
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    """The plugin's view of a module of the target, in this process."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(HERE))
    (tmp_path / "mutated_target.py").write_text(MODULE)
    plugin = importlib.import_module("mutants_plugin")
    found = plugin.File(str(tmp_path / "mutated_target.py"), "mutated_target", range(1, 11))
    plugin.find_functions({found.path: found})
    yield found
    del sys.modules["mutated_target"], sys.modules["mutants_plugin"]


@pytest.mark.parametrize(
    ("before", "after", "ask", "was", "answer"),
    [
        ("4", "5", lambda module: module.Driver().ports(), 8, 10),
        ("('a', 'b')", "without 'b'", lambda module: module.Driver.FLAGS, ("a", "b"), ("a",)),
        ("count * 2", "count // 2", lambda module: module.Driver().ports(), 8, 2),
        ("number == 1", "number != 1", lambda module: module.Driver.is_one(1), True, False),
    ],
)
def test_a_process_gets_a_mutant_without_an_import(file, before, after, ask, was, answer):
    kept = file.module.Driver()
    assert ask(file.module) == was
    (mutation,) = [one for one in file.mutations if (one.before, one.after) == (before, after)]
    assert file.can_change(mutation)
    file.change(mutation)
    assert ask(file.module) == answer
    assert isinstance(kept, file.module.Driver)


def test_children_that_run_side_by_side_give_their_result_or_none_in_time(file):
    from mutants_plugin import Forks

    results = {}
    forks = Forks(2)
    forks.start(lambda: ["killed", "a check"], 60, lambda words: results.update(quick=words))
    forks.start(lambda: time.sleep(60), 0.2, lambda words: results.update(hung=words))
    forks.start(lambda: 1 // 0, 60, lambda words: results.update(failed=words))
    forks.start(lambda: os._exit(3), 60, lambda words: results.update(gone=words))
    forks.wait()
    assert results.pop("failed")[0] == "killed"
    assert results == {"quick": ["killed", "a check"], "hung": None, "gone": None}


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_checks_notice_every_mistake_in_a_small_patch_and_none_without_one():
    project, release, environment = require_environment()
    patch = "oslo.privsep/privsep-drop-privs-no-caps.patch"
    campaign = Campaign.plan(project, release.name, environment.root, (patch,)).sample(4)
    campaign.run(print)
    assert campaign.total > 10
    assert campaign.percent() >= 90, campaign.report(frozenset())
