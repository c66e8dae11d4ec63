"""What `verify upstream` and `verify gerrit` print of tests in upstream's own suite."""

from __future__ import annotations

from typing import Any

import click

from freebsd_port.cli.options import Common
from freebsd_port.cli.render import count, paint, print_json, problem_rows, say
from freebsd_port.errors import PortError
from freebsd_port.openstack.core.proof.outcomes import Change, Comparison, Ending
from freebsd_port.openstack.core.proof.suites import SUITES
from freebsd_port.openstack.ops.proof.changes import ChangeProof, TestProof, verify_changes
from freebsd_port.openstack.ops.proof.upstream import UpstreamResult, compare_upstream

_ABSENT = Ending("skipped", "there is no such test")
_NOTHING_PASSED = "no test passed on the unpatched packages, so nothing was compared"


def compare_and_show(common: Common, words: tuple[str, ...], *, again: bool) -> None:
    """Run the suites on both sides, print the comparison, leave with 1 when a pass was lost."""
    result = compare_upstream(
        common.project(), common.workspace(), words, again=again, progress=common.progress
    )
    if common.as_json:
        print_json(upstream_json(result))
    elif common.verbosity >= 0 or not result.is_good:
        show_upstream(result, verbose=common.verbosity > 0)
    if not result.is_good:
        click.get_current_context().exit(1)


def show_upstream(result: UpstreamResult, *, verbose: bool) -> None:
    """Print a line for each suite, and every test that passed on one side only."""
    for one in result.comparisons:
        numbers = f"{_numbers(one.before)}; patched: {_numbers(one.after)}"
        say(f"{one.suite:24} unpatched: {paint(numbers, 'good' if one.is_good else 'bad')}")
        if not one.before.get("passed"):
            say(f"  {paint(_NOTHING_PASSED, 'bad')}")
        for change in one.lost:
            say(f"  {paint('lost', 'bad')}      {_story(change)}")
        for change in one.unsteady:
            say(f"  {paint('unsteady', 'warn')}  {_story(change)}")
        for change in one.gained:
            say(f"  {paint('gained', 'good')}    {change.test}")
        for module, reason in _left_out(one.suite) if verbose else ():
            say(f"  left out  {module}: {reason}")
    for distribution, time in result.known:
        say(f"{distribution}: unpatched result of {time}, with the same wheels and conditions")
    say(_total(result))


def _total(result: UpstreamResult) -> str:
    passed = sum(one.before.get("passed", 0) for one in result.comparisons)
    lost, unsteady, gained = (
        sum(len(getattr(one, name)) for one in result.comparisons)
        for name in ("lost", "unsteady", "gained")
    )
    conditions = f"Python {result.python}, {count(result.processes, 'process')} at a time"
    conditions += ", with sudo" if result.has_sudo else ", no sudo without a password"
    return (
        f"{count(len(result.comparisons), 'suite')}: {passed} passed unpatched, of these {lost} "
        f"lost, {unsteady} unsteady; {gained} gained ({conditions})"
    )


def _numbers(counted: Any) -> str:
    return ", ".join(f"{number} {name}" for name, number in counted.items()) or "no test"


def _story(change: Change) -> str:
    """Tell of a test that passed before what it did after, and alone."""
    after = change.after or _ABSENT
    text = f"{change.test}: {after.outcome}{': ' if after.message else ''}{after.message}"
    if change.alone is not None:
        unpatched, patched = (one or _ABSENT for one in change.alone)
        text += f"; alone: unpatched {unpatched.outcome}, patched {patched.outcome}"
    return text


def _left_out(suite: str) -> list[tuple[str, str]]:
    return [
        (module, each.reason)
        for each in SUITES
        if each.name == suite and each.reason
        for module in each.without
    ]


def upstream_json(result: UpstreamResult) -> dict[str, Any]:
    """Give it as JSON has it."""
    return {
        "ok": result.is_good,
        "verb": "verify upstream",
        "problems": problem_rows(_problems(result)),
        "upstream": {
            "python": result.python,
            "processes": result.processes,
            "sudo": result.has_sudo,
            "unpatched_known_from": dict(result.known),
            "suites": [_suite_json(one) for one in result.comparisons],
        },
    }


def _suite_json(one: Comparison) -> dict[str, Any]:
    return {
        "suite": one.suite,
        "ok": one.is_good,
        "unpatched": dict(one.before),
        "patched": dict(one.after),
        "lost": [_change_json(change) for change in one.lost],
        "unsteady": [_change_json(change) for change in one.unsteady],
        "gained": [change.test for change in one.gained],
        "left_out": [{"module": m, "reason": reason} for m, reason in _left_out(one.suite)],
    }


def _change_json(change: Change) -> dict[str, Any]:
    from dataclasses import asdict

    value = asdict(change)
    alone = value.pop("alone")
    value["alone"] = {"unpatched": alone[0], "patched": alone[1]} if alone else None
    return value


def _problems(result: UpstreamResult) -> list[PortError]:
    problems = [
        PortError(f"lost a pass: {_story(change)}", where=one.suite)
        for one in result.comparisons
        for change in one.lost
    ]
    problems += [
        PortError(_NOTHING_PASSED, where=one.suite)
        for one in result.comparisons
        if not one.before.get("passed")
    ]
    return problems


def prove_and_show(common: Common, chosen: tuple[str, ...]) -> None:
    """Run the tests of the changes for upstream, print them, leave with 1 if one is not proved."""
    proofs = verify_changes(common.project(), common.workspace(), chosen, progress=common.progress)
    problems = [problem for proof in proofs for problem in proof.problems]
    if common.as_json:
        print_json(
            {
                "ok": not problems,
                "verb": "verify gerrit",
                "problems": problem_rows(problems),
                "changes": [_proof_json(proof) for proof in proofs],
            }
        )
    elif common.verbosity >= 0 or problems:
        for proof in proofs:
            _show_proof(proof, verbose=common.verbosity > 0)
        tests = sum(len(proof.tests) for proof in proofs)
        failing = sum(len(proof.fails_without) for proof in proofs)
        say(
            f"{count(len(proofs), 'change')}, {count(tests, 'test')}: {failing} without the patch "
            f"failed, {count(len(problems), 'problem')}"
        )
    if problems:
        click.get_current_context().exit(1)


def _show_proof(proof: ChangeProof, *, verbose: bool) -> None:
    failing = len(proof.fails_without)
    numbers = f"{count(len(proof.tests), 'test')}, {failing} of them failed without the patch"
    say(f"{proof.patch}: {paint(numbers, 'bad' if proof.problems else 'good')}")
    for problem in proof.problems:
        say(f"  {paint(problem.what, 'bad')}")
    for one in proof.tests if verbose else ():
        without = one.without or _ABSENT
        say(f"  {one.test}: without the patch {without.outcome} {without.message}".rstrip())


def _proof_json(proof: ChangeProof) -> dict[str, Any]:
    return {
        "patch": proof.patch,
        "ok": not proof.problems,
        "tests": [_test_json(one) for one in proof.tests],
    }


def _test_json(one: TestProof) -> dict[str, Any]:
    without, patched = (end or _ABSENT for end in (one.without, one.patched))
    return {
        "test": one.test,
        "without": without.outcome,
        "message": without.message,
        "with": patched.outcome,
    }
