"""A change for Gerrit: a ready patch with its unit tests and release note, as one commit."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from freebsd_port.engine.core.apply.layers import Layer, module_name, stack_layers
from freebsd_port.engine.core.exchange.file_diff import render_differences
from freebsd_port.engine.core.exchange.mail_out import render_message
from freebsd_port.engine.core.exchange.mailbox import Mail, read_date
from freebsd_port.engine.core.patch.patch import Patch, parse_patch
from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.engine.core.text.file import FileState, Tree
from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.openstack.core.upstream.ready import (
    TESTS,
    ReadyError,
    ReadyPatch,
    commit_message,
)

Edited = tuple[str, FileState | None, FileState | None]
"""Path, before and after; None is a file that is not there."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one commit changes in upstream's tree."""

    ready: ReadyPatch
    code: tuple[Edited, ...]
    tests: tuple[Edited, ...]
    """Upstream's tests, changed or new."""

    notes: tuple[Edited, ...]

    @property
    def name(self) -> str:
        """The patch's name in the series."""
        return self.ready.name

    def find_tests(self) -> dict[str, tuple[str, ...]]:
        """Give the tests that the change brings or alters, by the module that they are in.

        A test is named as unittest names it, `MODULE.CLASS.METHOD`.
        """
        found = {}
        for path, before, after in self.tests:
            module = module_name(path)
            if module is not None and after is not None:
                old, new = _methods(before), _methods(after)
                names = tuple(f"{module}.{name}" for name in new if new[name] != old.get(name))
                if names:
                    found[module] = names
        return found


def stack_changes(tree: Tree, ready: Sequence[ReadyPatch]) -> tuple[Change, ...]:
    """Make the changes, each on top of those before it, over upstream's tree.

    Nothing else of the series is there. Raises ProblemsError with every patch and test that does
    not apply without fuzz.
    """
    problems: list[PortError] = []
    steps: list[tuple[SeriesEntry, Patch]] = []
    for one in ready:
        tests_entry = SeriesEntry(f"{one.directory}/{TESTS}", 1, reverse=False, comment="", line=0)
        tests = one.tests or Patch(tests_entry.name, (), b"")
        steps += [(one.entry, parse_patch(one.name, one.data)), (tests_entry, tests)]
    layers, outcomes = stack_layers(tree, steps, 0)
    for number, outcome in enumerate(outcomes):
        what = "tests do not apply" if number % 2 else "does not apply without the other patches"
        problems += [
            ReadyError(
                f"{ready[number // 2].name}: {what}: {problem.what}",
                where=problem.where,
                hint=problem.hint,
            )
            for problem in outcome.problems
        ]
    changes = []
    for number, one in enumerate(ready):
        below, middle, above = layers[2 * number : 2 * number + 3]
        new = tuple(
            (path, tree.read(path), FileState(data)) for path, data in one.new_files.items()
        )
        problems += [
            ReadyError(
                f"{one.name}: {path} exists upstream", where=f"patches/{one.directory}/{path}"
            )
            for path, before, _ in new
            if before is not None
        ]
        changes.append(
            Change(
                one,
                _edits(below, middle, outcomes[2 * number].paths),
                (
                    *_edits(middle, above, outcomes[2 * number + 1].paths),
                    *(edit for edit in new if edit[0].endswith(".py")),
                ),
                tuple(edit for edit in new if not edit[0].endswith(".py")),
            )
        )
    if problems:
        raise ProblemsError(tuple(problems))
    return tuple(changes)


def change_id(name: str) -> str:
    """Give Gerrit's name of the change: the same in every export of the patch of this name.

    Source: Gerrit Code Review, "Change-Ids".
    """
    return f"I{hashlib.sha1(f'freebsd-port {name}'.encode(), usedforsecurity=False).hexdigest()}"


def render_change(change: Change, author: str, number: int, total: int) -> bytes:
    """Give the message of which `git am` makes the commit; `author` is `Name <address>`.

    Source: OpenStack, "Git Commit Good Practice".
    """
    header = change.ready.header
    message = f"{commit_message(header)}\n\nChange-Id: {change_id(change.name)}"
    edits = sorted((*change.code, *change.tests, *change.notes), key=lambda edit: edit[0])
    diff = b"".join(render_differences(edits, for_git=True))
    when = read_date(header.field("Last-Update") or "")
    subject = header.field("Subject") or change.name
    mail = Mail(subject, author, when, None, message.encode(), diff)
    return render_message(mail, number, total)


def _edits(below: Layer, above: Layer, paths: Sequence[str]) -> tuple[Edited, ...]:
    return tuple((path, below.read(path), above.read(path)) for path in sorted(set(paths)))


def _methods(state: FileState | None) -> dict[str, str]:
    """Give each test method of the classes in a module, as `CLASS.METHOD`, and what it says."""
    if state is None:
        return {}
    return {
        f"{one.name}.{method.name}": ast.dump(method)
        for one in ast.parse(state.content).body
        if isinstance(one, ast.ClassDef)
        for method in one.body
        if isinstance(method, ast.FunctionDef) and method.name.startswith("test")
    }
