"""Transcripts in Markdown: fenced `console` blocks, read and replayed.

A comment `<!-- transcript: KIND -->` stands on the line before the block and says where it runs.
In a block, `$ command` is typed and what follows is its output, stderr included. A line `...`
stands for any lines, and an ellipsis within a line for any text.
"""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"(?:^<!-- transcript: (?P<kind>\w+) -->\n)?^```console\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_END = "\x01"


@dataclass(frozen=True)
class Step:
    """A command and what it prints."""

    command: str
    output: str


@dataclass(frozen=True)
class Transcript:
    """One block."""

    kind: str | None
    line: int
    """Of the document, 1-based, where the fence is."""

    steps: tuple[Step, ...]


def read_transcripts(text: str) -> list[Transcript]:
    """Find every console block, tagged or not."""
    found = []
    for match in _BLOCK.finditer(text):
        line = text.count("\n", 0, match.start("body"))
        steps = []
        for part in re.split(r"^\$ ", match["body"], flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            steps.append(Step(command, output))
        found.append(Transcript(match["kind"], line, tuple(steps)))
    return found


def matches(expected: str, output: str) -> bool:
    """Tell whether an output is what a transcript shows of it."""
    pattern = "".join(
        r"(?:.*\n)*" if line == "...\n" else re.escape(line).replace("…", ".*")
        for line in expected.splitlines(keepends=True)
    )
    return re.fullmatch(pattern, output) is not None


def replay(commands: list[str], cwd: Path, env: Mapping[str, str]) -> list[str]:
    """Run the commands in one shell and give the output of each, stderr included."""
    script = "".join(
        f"{command}\n__status=$?; printf '{_END}'; (exit $__status)\n" for command in commands
    )
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout.split(_END)[: len(commands)]
