"""`check` of any series: the series and its files agree, and every prefix applies to a tree."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.apply.layers import walk_prefixes
from freebsd_port.engine.core.apply.planner import plan_series
from freebsd_port.engine.core.patch.header import find_dep3_faults, parse_header
from freebsd_port.engine.core.patch.patch import Patch, parse_patch
from freebsd_port.engine.core.series.series import Series, SeriesEntry, SeriesError
from freebsd_port.engine.core.text.file import Tree
from freebsd_port.engine.ops.apply.judge import Judgement, judge_plan
from freebsd_port.engine.ops.target.patch_source import PatchSource, read_patch_file
from freebsd_port.engine.store.judge.programs import find_judge
from freebsd_port.errors import PortError, system_words

_PATCH_NAME = re.compile(r"\.(patch|diff|dpatch)(\.(gz|bz2|xz|lzma))?$")


class CheckError(PortError):
    """Something in a series that is not as quilt, or whoever reads it, needs it."""


@dataclass(frozen=True, slots=True)
class SeriesCheck:
    """What was looked at, and what is wrong."""

    patches: int
    is_applied: bool
    """Whether the prefixes of the series were applied to a tree, in memory."""

    findings: tuple[PortError, ...]
    judge: str | None = None
    """Who computed the series once more; None when nobody did."""


def check_series(
    source: PatchSource, tree: Tree | None, *, max_fuzz: int, with_headers: bool
) -> SeriesCheck:
    """Find where a series and the files beside it disagree, and each prefix that does not apply.

    Without a tree no patch is applied. `with_headers` asks for the fields of DEP-3. Raises
    SeriesError when the series itself cannot be read.
    """
    series = source.load_series()
    patches, findings = _read_patches(source, series)
    findings += _find_unlisted(source, series)
    if with_headers:
        findings += _check_headers(patches)
    is_applied = tree is not None and len(patches) == len(series.entries)
    if tree is not None and is_applied:
        for prefix in walk_prefixes(tree, patches, max_fuzz):
            findings += prefix.problems
    judge = None
    if tree is not None and is_applied and not findings:
        judgement = _judge(source, tree, patches, max_fuzz)
        if judgement is not None:
            judge = judgement.judge
            findings += judgement.problems
    return SeriesCheck(len(series.entries), is_applied, tuple(findings), judge)


def _judge(
    source: PatchSource, tree: Tree, patches: list[tuple[SeriesEntry, Patch]], max_fuzz: int
) -> Judgement | None:
    """Let another program compute the series; None where none is there that knows fuzz."""
    if max_fuzz and not find_judge().knows_fuzz:
        return None
    entries = tuple(entry for entry, patch in patches if patch.changes)
    plan = plan_series(tree, patches, max_fuzz=max_fuzz)
    return judge_plan(tree, source.load_patches(entries), plan, fuzz=max_fuzz)


def _read_patches(
    source: PatchSource, series: Series
) -> tuple[list[tuple[SeriesEntry, Patch]], list[PortError]]:
    """Read every patch that can be read, and say why the others cannot."""
    patches: list[tuple[SeriesEntry, Patch]] = []
    findings: list[PortError] = []
    for entry in series.entries:
        path = source.find_file(entry.name)
        try:
            patch = parse_patch(entry.name, read_patch_file(path), is_begun=True)
        except FileNotFoundError:
            what = f"the series names {entry.name}, which does not exist"
            findings.append(CheckError(what, where=f"{source.series_file}:{entry.line}"))
        except OSError as error:
            what = f"{entry.name} cannot be read: {system_words(error)}"
            findings.append(CheckError(what, where=str(path)))
        except PortError as error:
            findings.append(error)
        else:
            patches.append((entry, patch))
    return patches, findings


def _find_unlisted(source: PatchSource, series: Series) -> Iterator[PortError]:
    """Find patch files that no line of the series names, nor a comment in it."""
    text = source.series_file.read_text("utf-8", "surrogateescape")
    comments = " ".join(line.partition("#")[2] for line in text.split("\n"))
    named = {*series.names, *comments.replace(":", " ").split()}
    for directory, names, files in os.walk(source.patches):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for file in sorted(files):
            path = Path(directory, file)
            name = path.relative_to(source.patches).as_posix()
            if _PATCH_NAME.search(name) and name not in named and not name.startswith("."):
                yield CheckError(
                    f"{name} is not in the series",
                    where=str(path),
                    hint="add it to the series, name it in a comment there, or remove the file",
                )


def _check_headers(patches: list[tuple[SeriesEntry, Patch]]) -> Iterator[SeriesError]:
    for entry, patch in patches:
        preamble = patch.changes[0].preamble if patch.changes else patch.trailer
        for fault in find_dep3_faults(parse_header(preamble)):
            yield SeriesError(fault, where=entry.name)
