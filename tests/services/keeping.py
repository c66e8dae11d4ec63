"""The harness's side of the keeper: the process that owns what a run makes, and undoes it."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Mapping
from typing import Any

from services.place import IN_TARGET, Target


class KeeperError(Exception):
    """The keeper could not do it, or is gone."""


class Keeper:
    """A connection to a keeper of its own."""

    def __init__(self, target: Target, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [target.program("python"), str(IN_TARGET / "keeper.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=dict(env),
            start_new_session=True,  # out of reach of Ctrl-C
        )
        self._asked = 0

    def ask(self, verb: str, **values: Any) -> dict[str, Any]:
        """Give the answer; raises KeeperError."""
        self._asked += 1
        answer = self._exchange({"verb": verb, "number": self._asked, **values})
        if "error" in answer:
            raise KeeperError(f"{verb}: {answer['error']}")
        return answer

    def _exchange(self, question: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = ""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            for line in self._process.stdout:
                answer: dict[str, Any] = json.loads(line)
                if answer["number"] == question["number"]:  # not of one that was interrupted
                    return answer
        raise KeeperError(f"the keeper ended with status {self._process.wait()}")

    def end(self, *, keep: bool) -> dict[str, Any]:
        """Let it undo everything; gives `stopped` and `left`. For any state of this side."""
        try:
            return self.ask("end", keep=keep)
        finally:
            self.close()

    def close(self) -> None:
        """Leave the keeper; it undoes what is not undone by itself."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self._process.wait()
