"""The mutants that are made of code, and a small campaign on a real patch."""

import ast

import pytest
from proof import require_environment

from mutants.mutating import find_mutations
from mutants.running import Campaign

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


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_checks_notice_every_mistake_in_a_small_patch_and_none_without_one():
    project, release, environment = require_environment()
    patch = "oslo.privsep/privsep-drop-privs-no-caps.patch"
    campaign = Campaign.plan(project, release.name, environment.root, (patch,)).sample(4)
    campaign.run(print)
    assert campaign.total > 10
    assert campaign.percent() >= 90, campaign.report(frozenset())
