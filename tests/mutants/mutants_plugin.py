"""A plugin of pytest for the target's interpreter: run the checks once, then each mutant in a fork.

FREEBSD_PORT_MUTANTS names a file with the request, JSON: `mutants`, each with `path`, `module`,
`number`, `statement` (its first line), `patch`; `lines`, path to the added lines; `seconds`, what
the further checks of one mutant may take; `limit`, after which one that hangs counts as killed, in
seconds over what its checks take otherwise; `jobs`, how many forks run at a time; `answer`, the
file to write: one JSON array a line, [index, outcome, check].

A mutant in a function replaces the code of that function in a fork, so that nothing is imported
again. One in an assignment of a module or a class runs that assignment once more. Any other is
`unrun` here. What the checks start as programs of their own, and what took a value when it was
imported, never sees a mutant; that is for the slow way, which writes the file: the outcome is
`programs` where a check of the patch started one, or the mutant is outside functions, else
`survived`.
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
        self.started_python = set()
        self.now = None
        sys.addaudithook(self.audit)

    def audit(self, event, arguments):
        if self.now is not None and event == "subprocess.Popen":
            words = arguments[1]
            first = words if isinstance(words, (str, bytes)) else words[0]
            for program in (first, arguments[0] or first):
                if os.path.basename(os.fsdecode(program)).startswith("python"):
                    self.started_python.add(self.now)

    def pytest_runtest_logstart(self, nodeid):
        self.now = nodeid

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
    baseline.now = None
    contexts = read_contexts(request["lines"])
    good = [item for item in session.items if item.nodeid not in baseline.failed]
    modules = {each["path"]: each["module"] for each in request["mutants"]}
    files = {path: File(path, name, request["lines"][path]) for path, name in modules.items()}
    find_functions(files)
    gc.collect()
    gc.freeze()
    with open(request["answer"], "w", encoding="utf-8") as answer:
        forks = Forks(request["jobs"])
        for index, mutant in enumerate(request["mutants"]):
            file = files[mutant["path"]]
            mutation = file.mutations[mutant["number"]]
            chosen = []
            if file.can_change(mutation):
                ran = set(contexts[mutant["path"]].get(mutant["statement"], ()))
                if not file.can_replace(mutation.owner):
                    ran.add("")
                chosen = choose(good, baseline.seconds, ran, mutant["patch"], request["seconds"])
            limit = request["limit"] + 4 * sum(baseline.seconds[each.nodeid] for each in chosen)
            is_program = not file.can_replace(mutation.owner) or any(
                each.nodeid in baseline.started_python and mutant["patch"] in patches(each)
                for each in good
            )
            survived = "programs" if is_program else "survived" if chosen else "unrun"
            if chosen:
                forks.start(
                    lambda file=file, mutation=mutation, chosen=chosen: run_child(
                        file, mutation, chosen
                    ),
                    limit,
                    lambda words, index=index, survived=survived: write(
                        answer, index, words or ["killed", "timeout or crash"], survived
                    ),
                )
            else:
                write(answer, index, ["survived", ""], survived)
        forks.wait()
    return True


def write(answer, index, words, survived):
    outcome, check = words
    answer.write(json.dumps([index, survived if outcome == "survived" else outcome, check]) + "\n")
    answer.flush()


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


def choose(items, seconds, ran, patch, budget):
    """Give the checks for a mutant: the patch's own that ran the line, then others in the budget.

    `ran` are the functions that ran it; a line that an import runs, "", is for all of the patch's.
    """
    own, others = [], []
    for item in items:
        is_own = patch in patches(item)
        if ("" in ran and is_own) or context(item) in ran:
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
        self.functions = {}
        self.futures = [
            node
            for node in self.tree.body
            if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        ]
        self.flags = 0
        for name in {name.name for node in self.futures for name in node.names}:
            self.flags |= getattr(__future__, name).compiler_flag

    def compile(self, tree):
        return compile(tree, self.path, "exec", flags=self.flags, dont_inherit=True)

    def targets(self, owner):
        """Give the function objects that were made from this definition."""
        function = owner[-1]
        first = min([function.lineno] + [each.lineno for each in function.decorator_list])
        name = ".".join(each.name for each in owner)
        return [
            each
            for each in self.functions.get(name, ())
            if first <= each.__code__.co_firstlineno <= function.lineno
        ]

    def code(self, owner):
        """Compile the function that the last of the owners defines, as the tree has it now."""
        function = owner[-1]
        plain = type(function)(**dict(ast.iter_fields(function), decorator_list=[], returns=None))
        body = ast.copy_location(plain, function)
        for each in reversed(owner[:-1]):
            around = ast.ClassDef(
                **dict(ast.iter_fields(each), bases=[], keywords=[], decorator_list=[], body=[body])
            )
            body = ast.copy_location(around, each)
        code = self.compile(ast.Module([*self.futures, body], []))
        for each in owner:
            inner = [
                part
                for part in code.co_consts
                if isinstance(part, CodeType) and part.co_name == each.name
            ]
            if not inner:
                return None
            code = inner[0]
        return code

    def can_replace(self, owner):
        """Tell whether there are function objects, and all can take the changed code."""
        if not owner or not isinstance(owner[-1], (ast.FunctionDef, ast.AsyncFunctionDef)):
            return False
        code, targets = self.code(owner), self.targets(owner)
        return (
            code is not None
            and bool(targets)
            and all(each.__code__.co_freevars == code.co_freevars for each in targets)
        )

    def find_assignment(self, mutation):
        """Give the names of the classes, the body and the index of the assignment it is in.

        None for a mutation that is in none, or in one of a function.
        """
        classes, body = [], self.tree.body
        while True:
            around = [one for one in body if one.lineno <= mutation.line <= one.end_lineno]
            if not around:
                return None
            if isinstance(around[0], (ast.Assign, ast.AnnAssign)):
                return classes, body, body.index(around[0])
            if not isinstance(around[0], ast.ClassDef):
                return None
            classes.append(around[0].name)
            body = around[0].body

    def can_change(self, mutation):
        """Tell whether a fork can be given the mutant without an import."""
        return self.can_replace(mutation.owner) or self.find_assignment(mutation) is not None

    def change(self, mutation):
        """Give this process the mutant. It must be one that it can be given."""
        if self.can_replace(mutation.owner):
            mutation.make()
            code = self.code(mutation.owner)
            for each in self.targets(mutation.owner):
                each.__code__ = code
            return
        classes, body, index = self.find_assignment(mutation)
        place = self.module
        for name in classes:
            place = getattr(place, name)
        mutation.make()
        made = {}
        scope = {**vars(self.module), **vars(place)}
        exec(self.compile(ast.Module([*self.futures, body[index]], [])), scope, made)
        for name, value in made.items():
            setattr(place, name, value)


def find_functions(files):
    """Let each file know all function objects that came from it."""
    for each in gc.get_objects():
        if isinstance(each, FunctionType) and each.__code__.co_filename in files:
            found = files[each.__code__.co_filename].functions
            found.setdefault(each.__qualname__, []).append(each)


class Forks:
    """Children that run at the same time, each with a time limit."""

    def __init__(self, jobs):
        self.jobs = jobs
        self.running = {}

    def start(self, work, limit, done):
        """Run `work` in a child when there is room; `done` gets its result, or None without one."""
        while len(self.running) >= self.jobs:
            self.step()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            os.setpgid(0, 0)
            try:
                words = work()
            except BaseException as error:  # what a mutant does to its import kills it too
                words = ["killed", f"{type(error).__name__}: {error}"[:200]]
            data = json.dumps(words).encode()
            while data:
                data = data[os.write(writer, data) :]
            os._exit(0)
        os.close(writer)
        self.running[reader] = [child, time.monotonic() + limit, b"", done]

    def wait(self):
        """Wait for all."""
        while self.running:
            self.step()

    def step(self):
        soonest = min(end for _, end, _, _ in self.running.values())
        ready, _, _ = select.select(list(self.running), [], [], max(0, soonest - time.monotonic()))
        for reader in ready:
            more = os.read(reader, 65536)
            self.running[reader][2] += more
            if not more or is_json(self.running[reader][2]):
                self.finish(reader)
        for reader in [r for r, each in self.running.items() if each[1] <= time.monotonic()]:
            self.finish(reader)

    def finish(self, reader):
        child, _, data, done = self.running.pop(reader)
        os.close(reader)
        try:
            os.killpg(child, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        done(json.loads(data) if is_json(data) else None)


def is_json(data):
    """Tell whether a result is complete: a daemon that a check left holds the pipe open."""
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def is_failing(item, following):
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


def run_child(file, mutation, items):
    file.change(mutation)
    serve(file)
    for index, item in enumerate(items):
        if is_failing(item, items[index + 1] if index + 1 < len(items) else None):
            return ["killed", item.nodeid]
    return ["survived", ""]


def serve(file):
    """Give the changed code to whoever imports the module anew."""
    original = importlib.machinery.SourceFileLoader.get_code

    def get_code(self, fullname):
        if self.path == file.path:
            return file.compile(file.tree)
        return original(self, fullname)

    importlib.machinery.SourceFileLoader.get_code = get_code
