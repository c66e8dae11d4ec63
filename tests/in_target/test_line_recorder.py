"""The recorder of lines, compared with coverage, which finds them another way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from freebsd_port.in_target import IN_TARGET
from freebsd_port.openstack.core.proof.coverage import statement_lines
from freebsd_port.openstack.store.python.installer import find_interpreter

SAMPLE = '''\
"""Every kind of statement, run or not."""
from __future__ import annotations
import functools
import os

NUMBER: int
LETTER: str = "a"


def decorated(function):
    """Docstring."""
    return function


@decorated
@functools.lru_cache(
    maxsize=None
)
def branches(number):
    global NUMBER
    if number == 1:
        return "one"
    elif number == 2:
        return "two"
    elif number == 3:
        return (
            "three"
        )
    else:
        NUMBER = number
    for index in range(number):
        if index == 4:
            break
        continue
    else:
        return "never"
    while number:
        number = 0
    return None


def errors(error):
    try:
        raise error
    except KeyError:
        return "key"
    except (ValueError,
            IndexError) as found:
        return str(found)
    except OSError:
        return "system"
    finally:
        LATE.append(error)


LATE = []


def bare():
    try:
        raise SystemExit
    except:
        pass


class Thing:
    """A class."""

    size = 3

    def method(self):
        return super().__repr__()

    async def later(self):
        async with self:
            return 1


def generator():
    yield 1
    yield 2


def nested():
    count = 0

    def inner():
        nonlocal count
        count += 1
    inner()
    return [one for one in
            range(count)
            if one > 5]


def in_a_child():
    child = os.fork()
    if child == 0:
        ended()
    os.waitpid(child, 0)


def ended():
    os._exit(0)


def never():
    return "never"
'''
RUN = """\
import sample
recorder = __import__("sys").modules.get("line_recorder")
enter = recorder.current.enter if recorder else lambda check: None
enter("first")
print(sample.branches(1), sample.branches(3), sample.branches(9))
enter("second")
print(sample.errors(IndexError("i")), sample.bare(), sample.Thing().method()[:8])
print(next(sample.generator()), sample.nested(), sample.__doc__, sample.decorated.__doc__)
enter("")
sample.in_a_child()
try:
    sample.errors(TypeError())
except TypeError as error:
    print(error.__traceback__.tb_next.tb_lineno)
"""


def run(directory: Path, *command: str, python: str = sys.executable) -> str:
    return subprocess.run(
        [python, *command], cwd=directory, capture_output=True, text=True, check=True
    ).stdout


def record(directory: Path, python: str = sys.executable) -> tuple[str, dict[int, list[str]]]:
    """Give what a run printed, and its lines."""
    (directory / "measured").write_text(f"{directory / 'sample.py'}\n{directory / 'none.py'}\n")
    words = (str(IN_TARGET / "line_recorder.py"), "measured", "lines.json", "example")
    said = run(directory, *words, python=python)
    (lines,) = json.loads((directory / "lines.json").read_text()).values()
    return said, {int(line): checks for line, checks in lines.items()}


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    (tmp_path / "sample.py").write_text(SAMPLE)
    (tmp_path / "example.py").write_text(RUN)
    return tmp_path


def test_the_same_statements_ran_as_coverage_says(sample: Path) -> None:
    (sample / "rc").write_text("[run]\ninclude = sample.py\npatch =\n    _exit\n    fork\n")
    run(sample, "-m", "coverage", "run", "--rcfile", "rc", "--parallel-mode", "example.py")
    run(sample, "-m", "coverage", "combine", "-q")
    run(sample, "-m", "coverage", "json", "-q", "-o", "coverage.json")
    found = json.loads((sample / "coverage.json").read_text())["files"]["sample.py"]
    starts = statement_lines(SAMPLE.encode())
    expected = {starts[line] for line in found["executed_lines"] if line in starts}
    ours = {starts[line] for line in record(sample)[1]} | {2}  # the import from __future__
    in_the_child = SAMPLE.splitlines().index("        ended()") + 1  # in a frame that had begun
    assert ours - expected == {in_the_child}
    assert expected < ours
    assert len(set(starts.values())) > len(ours) > 40


def test_a_program_does_the_same_whether_its_lines_are_recorded_or_not(sample: Path) -> None:
    assert record(sample)[0] == run(sample, "example.py")


def test_a_line_has_the_names_of_the_checks_that_ran_it(sample: Path) -> None:
    lines = record(sample)[1]
    text = SAMPLE.splitlines()
    at = {name: text.index(name) + 1 for name in ("    except OSError:", "    os._exit(0)")}
    assert lines[text.index("LATE = []") + 1] == [""]
    assert lines[text.index('        return "one"') + 1] == ["first"]
    assert lines[text.index("        return str(found)") + 1] == ["second"]
    assert lines[at["    except OSError:"]] == [""]
    assert lines[at["    os._exit(0)"]] == [""]
    assert text.index('    return "never"') + 1 not in lines


@pytest.mark.parametrize("wanted", [">=3.8,<3.9", ">=3.13,<3.14"])
def test_the_oldest_and_the_newest_python_record_the_same(sample: Path, wanted: str) -> None:
    found = find_interpreter(wanted)
    if found is None:
        pytest.skip(f"there is no Python {wanted} here")
    said, lines = record(sample, str(found.path))
    assert said == run(sample, "example.py", python=str(found.path))
    assert lines == record(sample)[1]
