"""Our own small series against quilt itself: same bytes, modes, files and success.

Each case makes its tree and patches in tmp_path, so that odd bytes, names and modes need no odd
files in the checkout.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
from pathlib import Path

import pytest
from beside_quilt import (
    differences,
    pop_with_us,
    push_with_quilt,
    push_with_us,
    snapshot,
)
from programs import needs
from quilt_cases import CASES, DIFFERENT, Case


def make(case: Case, root: Path) -> tuple[Path, Path]:
    """Write the case's tree below `root`/tree; give the series file and the patch directory."""
    tree = root / "tree"
    tree.mkdir()
    for name, (content, mode) in case.files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
    patches = root / "patches"
    patches.mkdir()
    for name, content in case.patches.items():
        (patches / name).parent.mkdir(parents=True, exist_ok=True)
        (patches / name).write_bytes(content)
    in_order = "".join(f"{name}\n" for name in case.patches)
    (patches / "series").write_bytes(case.series or in_order.encode())
    return patches / "series", patches


@needs("quilt")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_series_comes_out_as_quilt_leaves_it_and_pops_to_every_byte(
    case: Case, tmp_path: Path
) -> None:
    series, patches = make(case, tmp_path)
    pristine = snapshot(tmp_path / "tree")
    by_us = tmp_path / "by-us"
    shutil.copytree(tmp_path / "tree", by_us, symlinks=True)
    quilt = push_with_quilt(tmp_path / "tree", series, patches, case.fuzz)
    ours = push_with_us(by_us, series, patches, case.fuzz)
    assert (quilt.status == 0) is case.applies, quilt.said
    assert (ours.status == 0) is case.applies, ours.said
    if not case.applies:
        assert snapshot(by_us) == pristine
        return
    assert differences(snapshot(tmp_path / "tree"), snapshot(by_us)) == []
    pop_with_us(by_us)
    assert differences(pristine, snapshot(by_us)) == []


@needs("quilt")
@pytest.mark.parametrize("case", DIFFERENT, ids=lambda case: case.name)
def test_a_documented_difference_is_one(case: Case, tmp_path: Path) -> None:
    series, patches = make(case, tmp_path)
    by_us = tmp_path / "by-us"
    shutil.copytree(tmp_path / "tree", by_us, symlinks=True)
    quilt = push_with_quilt(tmp_path / "tree", series, patches, case.fuzz)
    ours = push_with_us(by_us, series, patches, case.fuzz)
    assert (ours.status == 0) is case.applies, ours.said
    assert (quilt.status == 0) is not (ours.status == 0) or differences(
        snapshot(tmp_path / "tree"), snapshot(by_us)
    )


@needs("quilt")
@pytest.mark.parametrize(
    ("suffix", "compress"),
    [
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        pytest.param(".xz", lzma.compress, marks=needs("xz")),  # quilt runs it
    ],
)
def test_a_compressed_patch_is_read_as_quilt_reads_it(
    suffix: str, compress, tmp_path: Path
) -> None:
    plain = next(case for case in CASES if case.name == "plain")
    packed = {name + suffix: compress(data) for name, data in plain.patches.items()}
    series, patches = make(Case("packed", plain.files, packed), tmp_path)
    by_us = tmp_path / "by-us"
    shutil.copytree(tmp_path / "tree", by_us)
    assert push_with_quilt(tmp_path / "tree", series, patches, 0).status == 0
    assert push_with_us(by_us, series, patches, 0).status == 0
    assert differences(snapshot(tmp_path / "tree"), snapshot(by_us)) == []


def test_a_patch_that_does_not_decompress_is_named(tmp_path: Path) -> None:
    plain = next(case for case in CASES if case.name == "plain")
    series, patches = make(Case("damaged", plain.files, {"bad.patch.gz": b"no gzip"}), tmp_path)
    outcome = push_with_us(tmp_path / "tree", series, patches, 0)
    assert outcome.status == 1
    assert "does not decompress" in outcome.said
    assert "bad.patch.gz" in outcome.said


def test_a_failing_series_reports_every_failing_hunk_and_changes_nothing(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "fails in the second and third patch")
    series, patches = make(case, tmp_path)
    pristine = snapshot(tmp_path / "tree")
    outcome = push_with_us(tmp_path / "tree", series, patches, 0)
    assert outcome.status == 1
    assert "hunk 1 of 1 in 2.patch does not fit" in outcome.said
    assert "hunk 1 of 1 in 3.patch does not fit" in outcome.said
    assert snapshot(tmp_path / "tree") == pristine
