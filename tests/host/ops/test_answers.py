from __future__ import annotations

from pathlib import Path

import pytest

from freebsd_port.errors import UsageError
from freebsd_port.host.core.answers import Answers
from freebsd_port.host.ops.answers import AnswersError, load_answers


def test_an_empty_file_is_enough(tmp_path: Path) -> None:
    (tmp_path / "host.toml").touch()
    assert load_answers(tmp_path / "host.toml") == Answers()


def test_a_file_that_is_not_there_is_a_matter_of_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the answers: no such file") as caught:
        load_answers(tmp_path / "host.toml")
    assert caught.value.where == str(tmp_path / "host.toml")
    assert "--answers" in str(caught.value.hint)


def test_all_that_is_wrong_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "host.toml"
    path.write_text("[nova]\nuser = 5\n[api]\nport = 1\n")
    with pytest.raises(AnswersError) as caught:
        load_answers(path)
    assert caught.value.exit_code == 2
    assert [problem.where for problem in caught.value.problems] == [f"{path}:2", f"{path}:4"]
