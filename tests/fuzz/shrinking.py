"""A failing case made smaller, as long as it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from fuzz.histories import Case, Files, History, Recipe

_TRIES = 1500


def shrink(case: Case, fails: Callable[[Case], bool]) -> Case:
    """Leave out patches, lines of patches, files and lines of files, in halves and one by one."""
    left = _TRIES

    def is_worse(candidate: Case) -> bool:
        nonlocal left
        left -= 1
        return left > 0 and fails(candidate)

    size = -1
    while size != _size(case) and left > 0:
        size = _size(case)
        for number in reversed(range(len(case.patches))):
            fewer = replace(case, patches=(*case.patches[:number], *case.patches[number + 1 :]))
            if len(fewer.patches) and is_worse(fewer):
                case = fewer
        for name in sorted(case.files):
            fewer = replace(case, files={k: v for k, v in case.files.items() if k != name})
            case = fewer if is_worse(fewer) else case
        for number in range(len(case.patches)):

            def with_patch(lines: list[bytes], case: Case = case, number: int = number) -> Case:
                texts = (*case.patches[:number], b"".join(lines), *case.patches[number + 1 :])
                return replace(case, patches=texts)

            lines = _fewer_lines(case.patches[number], lambda lines: is_worse(with_patch(lines)))
            case = with_patch(lines)
        for name in sorted(case.files):

            def with_file(lines: list[bytes], case: Case = case, name: str = name) -> Case:
                return replace(
                    case, files={**case.files, name: (b"".join(lines), case.files[name][1])}
                )

            lines = _fewer_lines(case.files[name][0], lambda lines: is_worse(with_file(lines)))
            case = with_file(lines)
    return case


def shrink_history(
    case: Case, remake: Callable[[Recipe], Case], fails: Callable[[Case], bool]
) -> Case:
    """Leave out versions and files of a history, as long as git's own patches of it fail."""
    assert case.recipe is not None
    size = -1
    while size != _size(case):
        size = _size(case)
        for candidate in _smaller(case.recipe.history.versions):
            if len(candidate) < 2:
                continue
            smaller = remake(replace(case.recipe, history=History(candidate)))
            if _size(smaller) < size and fails(smaller):
                case = smaller
                break
    return case


def _smaller(versions: tuple[Files, ...]) -> Iterator[tuple[Files, ...]]:
    for number in range(len(versions)):
        yield (*versions[:number], *versions[number + 1 :])
    for name in sorted(set().union(*versions)):
        yield tuple({k: v for k, v in one.items() if k != name} for one in versions)
        for number in range(len(versions)):
            kept = {k: v for k, v in versions[number].items() if k != name}
            yield (*versions[:number], kept, *versions[number + 1 :])


def _fewer_lines(text: bytes, fails: Callable[[list[bytes]], bool]) -> list[bytes]:
    lines = text.splitlines(keepends=True)
    step = len(lines)
    while step:
        at = 0
        while at < len(lines):
            fewer = lines[:at] + lines[at + step :]
            if fails(fewer):
                lines = fewer
            else:
                at += step
        step //= 2
    return lines


def _size(case: Case) -> int:
    return sum(map(len, case.patches)) + sum(len(content) for content, _ in case.files.values())
