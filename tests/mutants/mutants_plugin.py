"""A plugin of pytest for the target's interpreter: run the checks once, then each mutant in a fork.

FREEBSD_PORT_MUTANTS names a file with the request, JSON: `mutants`, each with `path`, `module`,
`number`, `statement` (its first line), `patch`; `lines`, path to the added lines; `seconds`, what
the further checks of one mutant may take; `limit`, after which one that hangs counts as killed;
`answer`, the file to write: one JSON array a line, [index, outcome, check].

A mutant in a function replaces the code of that function in a fork, so that nothing is imported
again. One outside runs the module's code once more in its own namespace. What the checks start as
programs of their own never sees a mutant; that is for the slow way, which writes the file.
"""

import __future__

import ast
import gc
import importlib
import importlib.machinery
import json
import os
import select
import signal
import sys
import time
from types import CodeType, FunctionType

import pytest
from _pytest.runner import runtestprotocol
from mutating import find_mutations


class Baseline:
    """What each check did with the series as it is."""

    def __init__(self):
        self.seconds = {}
        self.failed = set()

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration
        if report.outcome != "passed":
            self.failed.add(report.nodeid)


def read_request():
    with open(os.environ["FREEBSD_PORT_MUTANTS"], encoding="utf-8") as file:
        return json.load(file)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    request = read_request()
    baseline = Baseline()
    session.config.pluginmanager.register(baseline)
    for index, item in enumerate(session.items):
        following = session.items[index + 1] if index + 1 < len(session.items) else None
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
    session.config.pluginmanager.unregister(baseline)
    contexts = read_contexts(request["lines"])
    good = [item for item in session.items if item.nodeid not in baseline.failed]
    files = {}
    with open(request["answer"], "w", encoding="utf-8") as answer:
        for index, mutant in enumerate(request["mutants"]):
            chosen = choose(good, baseline.seconds, contexts, mutant, request["seconds"])
            outcome = ("unrun", "")
            if chosen:
                outcome = try_mutant(mutant, files, request["lines"], chosen, request["limit"])
            answer.write(json.dumps([index, *outcome]) + "\n")
            answer.flush()
    return True


def read_contexts(lines):
    """Give path to line to the functions of checks that ran the statement that begins there."""
    recorder = sys.modules["line_recorder"].current
    recorder.enter("")
    spans = {path: (start, count) for start, count, path in recorder._spans.values()}
    return {
        path: {
            index - spans[path][0]: checks
            for index, checks in recorder._found.items()
            if 0 <= index - spans[path][0] < spans[path][1]
        }
        for path in lines
    }


def context(item):
    return f"{item.function.__module__}.{item.function.__qualname__}"


def patches(item):
    return [marker.args[0] for marker in item.iter_markers("patch")]


def choose(items, seconds, contexts, mutant, budget):
    """Give the checks for a mutant: the patch's own that ran the line, then others in the budget.

    A line that only the import runs is for all checks of the patch.
    """
    ran = set(contexts[mutant["path"]].get(mutant["statement"], ()))
    is_import = ran <= {""}
    own, others = [], []
    for item in items:
        is_own = mutant["patch"] in patches(item)
        if (is_import and is_own) or context(item) in ran:
            (own if is_own else others).append(item)
    own.sort(key=lambda item: seconds[item.nodeid])
    others.sort(key=lambda item: seconds[item.nodeid])
    for item in others:
        budget -= seconds[item.nodeid]
        if budget < 0:
            break
        own.append(item)
    return own


class File:
    """One file of the target, read and parsed once."""

    def __init__(self, path, module, lines):
        with open(path, "rb") as file:
            self.tree = ast.parse(file.read())
        self.mutations = find_mutations(self.tree, lines)
        self.path = path
        self.module = importlib.import_module(module)
        futures = {
            name.name
            for node in self.tree.body
            if isinstance(node, ast.ImportFrom) and node.module == "__future__"
            for name in node.names
        }
        self.flags = 0
        for name in futures:
            self.flags |= getattr(__future__, name).compiler_flag

    def compile(self, tree):
        return compile(tree, self.path, "exec", flags=self.flags, dont_inherit=True)


def try_mutant(mutant, files, lines, items, limit):
    path = mutant["path"]
    if path not in files:
        files[path] = File(path, mutant["module"], lines[path])
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.setpgid(0, 0)
        try:
            words = run_child(files[path], mutant["number"], items)
        except BaseException as error:  # what a mutant does to its import kills it too
            words = ["killed", f"{type(error).__name__}: {error}"[:200]]
        os.write(writer, json.dumps(words).encode())
        os._exit(0)
    os.close(writer)
    try:
        return read_words(reader, child, limit)
    finally:
        os.close(reader)


def read_words(reader, child, limit):
    end = time.monotonic() + limit
    data = b""
    while True:
        ready, _, _ = select.select([reader], [], [], max(0, end - time.monotonic()))
        if not ready:
            break
        more = os.read(reader, 65536)
        if not more:
            break
        data += more
        if data.endswith(b"]"):
            break
    try:
        os.killpg(child, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if data:
        return tuple(json.loads(data))
    return ("killed", "timeout or crash")


def run_child(file, number, items):
    mutation = file.mutations[number]
    mutation.make()
    serve(file)
    if not (mutation.owner and replace_code(file, mutation.owner)):
        exec(file.compile(file.tree), vars(file.module))
    for index, item in enumerate(items):
        following = items[index + 1] if index + 1 < len(items) else None
        reports = runtestprotocol(item, log=False, nextitem=following)
        if any(report.failed for report in reports):
            return ["killed", item.nodeid]
    return ["survived", ""]


def replace_code(file, owner):
    """Give every function object the changed code; tell whether there was one that can take it."""
    function = owner[-1]
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    first = min([function.lineno] + [each.lineno for each in function.decorator_list])
    last = function.lineno
    plain = type(function)(**dict(ast.iter_fields(function), decorator_list=[], returns=None))
    body = ast.copy_location(plain, function)
    for each in reversed(owner[:-1]):
        around = ast.ClassDef(
            **dict(ast.iter_fields(each), bases=[], keywords=[], decorator_list=[], body=[body])
        )
        body = ast.copy_location(around, each)
    futures = [
        node
        for node in file.tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    ]
    code = file.compile(ast.Module([*futures, body], []))
    for each in owner:
        inner = [
            part
            for part in code.co_consts
            if isinstance(part, CodeType) and part.co_name == each.name
        ]
        if not inner:
            return False
        code = inner[0]
    name = ".".join(each.name for each in owner)
    found = False
    for each in gc.get_objects():
        if (
            isinstance(each, FunctionType)
            and each.__code__.co_filename == file.path
            and each.__code__.co_name == function.name
            and first <= each.__code__.co_firstlineno <= last
            and each.__qualname__ == name
        ):
            if each.__code__.co_freevars != code.co_freevars:
                return False
            each.__code__ = code
            found = True
    return found


def serve(file):
    """Give the changed code to whoever imports the module anew."""
    original = importlib.machinery.SourceFileLoader.get_code

    def get_code(self, fullname):
        if self.path == file.path:
            return file.compile(file.tree)
        return original(self, fullname)

    importlib.machinery.SourceFileLoader.get_code = get_code
