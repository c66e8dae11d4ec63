"""The benchmark's series is the same everywhere, depends on itself, and means one thing to all."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.contestants import Contestant, make_contestants, process_environment, write_patches
from bench.nova import write_files
from bench.series import generate_series, select_files
from freebsd_port.engine.core.text.file import hash_bytes

FILES = {
    f"nova/module{n}.py": b"".join(b"value_%d = %d\n" % (line, n) for line in range(220 + 40 * n))
    for n in range(6)
}
PROGRAMS = ("freebsd-port apply", "quilt push -a", "git am", "git apply, one call", "patch, one a")
DIGEST = "a0be2e345e6ab1401924e0d516d9ba8247bf92f27c3aac1373a8b1cf05277064"


def contestant(patches: Path, label: str) -> Contestant:
    found = [c for c in make_contestants(patches) if c.steps[0].label.startswith(label)]
    assert len(found) == 1
    if not found[0].is_present:
        pytest.skip(f"{found[0].program} is absent")
    return found[0]


def test_the_series_is_the_same_bytes_every_time() -> None:
    series = generate_series(FILES, 25)
    assert series == generate_series(dict(FILES), 25)
    assert hash_bytes(b"".join(text for _, text in series.patches)) == DIGEST


def test_a_longer_series_begins_with_the_shorter_one() -> None:
    assert generate_series(FILES, 25).patches[:10] == generate_series(FILES, 10).patches


def test_each_patch_has_one_to_three_hunks_and_a_header() -> None:
    for _, text in generate_series(FILES, 30).patches:
        assert 1 <= text.count(b"\n@@ ") <= 3
        assert text.startswith(b"From: ")
        assert b"\nForwarded: not-needed\n" in text


def test_files_are_chosen_by_size_and_tests_and_short_modules_left_out() -> None:
    files = {
        **{f"nova/m{n}.py": b"x\n" * (200 + n) for n in range(100)},
        "nova/short.py": b"x\n" * 199,
        "nova/tests/long.py": b"x\n" * 9000,
        "nova/long.txt": b"x\n" * 9000,
    }
    chosen = select_files(files)
    assert len(set(chosen)) == len(chosen) == 40
    assert {f"nova/m{n}.py" for n in range(90, 100)} <= set(chosen)
    assert not {"nova/short.py", "nova/tests/long.py", "nova/long.txt"} & set(chosen)


def test_a_patch_does_not_apply_without_the_ones_before_it(tmp_path: Path) -> None:
    series = generate_series(FILES, 3)
    write_patches(tmp_path / "patches", series)
    write_files(tmp_path / "tree", FILES)
    (tmp_path / "patches" / "series").write_text(series.patches[2][0])
    ours = contestant(tmp_path / "patches", "freebsd-port apply")
    done = subprocess.run(ours.steps[0].command, cwd=tmp_path / "tree", capture_output=True)
    assert done.returncode == 1
    assert b"does not fit" in done.stderr


@pytest.mark.parametrize("label", PROGRAMS)
def test_every_tool_makes_the_same_bytes_of_ten_patches(tmp_path: Path, label: str) -> None:
    series = generate_series(FILES, 10)
    write_patches(tmp_path / "patches", series)
    tool = contestant(tmp_path / "patches", label)
    tree = tmp_path / "tree"
    write_files(tree, FILES)
    tool.prepare(tree)
    for step in tool.steps:
        subprocess.run(step.command, cwd=tree, env=_environment(tmp_path), check=True)
        wanted = {**FILES, **series.after} if step.is_on else FILES
        assert {path: (tree / path).read_bytes() for path in FILES} == wanted


def test_a_reset_lets_every_tool_start_again(tmp_path: Path) -> None:
    series = generate_series(FILES, 4)
    write_patches(tmp_path / "patches", series)
    for number, tool in enumerate(make_contestants(tmp_path / "patches")):
        tree = tmp_path / f"tree{number}"
        write_files(tree, FILES)
        if not tool.is_present:
            continue
        tool.prepare(tree)
        for _ in range(2):
            subprocess.run(tool.steps[0].command, cwd=tree, env=_environment(tmp_path), check=True)
            tool.reset(tree)
            write_files(tree, FILES)
    assert shutil.which("git"), "git is needed by the project itself"


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, **process_environment(home)}
