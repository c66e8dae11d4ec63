"""Cases by number: the same seed gives the same trees and patches on every machine."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

from fuzz.histories import Case, History, Recipe, Repository, draw_history
from fuzz.mutations import make_plain, mutate

BATCH = 50
_MAIL = re.compile(rb"^(?=From [0-9a-f]{40} )", re.MULTILINE)
_FOUND = (("-M",), ("-M", "-C"), ("-M10%", "-C10%", "--find-copies-harder"), ("--no-renames",))
_LOOKS = ((), (), ("-U0",), ("-U1",), ("-U8",), ("--full-index",))


def draw_cases(seed: int, first: int, stop: int, room: Path) -> Iterator[tuple[int, str, Case]]:
    """Give (number, kind, case) of each; `first` is a multiple of BATCH, at most BATCH cases."""
    draw = random.Random(f"{seed}/{first}")
    histories = [draw_history(draw) for _ in range(BATCH)]
    repository = Repository(room / f"{first}.git")
    indexes = repository.add(histories)
    for number, index, history in zip(range(first, stop), indexes, histories, strict=False):
        kind, case = _draw_case(draw, repository, index, history)
        yield number, kind, case
    repository.remove()


def _draw_case(
    draw: random.Random, repository: Repository, index: int, history: History
) -> tuple[str, Case]:
    options = (*draw.choice(_FOUND), *draw.choice(_LOOKS))
    form = draw.choice(("one patch", "one patch", "a series", "a diff"))
    case = write_down(repository, index, Recipe(history, form, options))
    if draw.random() < 0.25:
        share = draw.choice((0.3, 1.0))
        plain = tuple(make_plain(draw, patch, share) for patch in case.patches)
        case = Case(case.files, plain)
        form += ", plain"
    if draw.random() < 0.5 and case.patches:
        at = draw.randrange(len(case.patches))
        damaged = mutate(draw, case.patches[at])
        case = Case(case.files, (*case.patches[:at], damaged, *case.patches[at + 1 :]))
        form += ", damaged"
    return form, case


def write_down(repository: Repository, index: int, recipe: Recipe) -> Case:
    """Let git write a history's patches; `index` is its number in the repository."""
    versions = recipe.history.versions
    last = len(versions) - 1
    if recipe.form == "a diff":
        patches: tuple[bytes, ...] = (repository.diff(index, 0, last, recipe.options),)
    else:
        mails = repository.mails(index, last, recipe.options)
        patches = (mails,) if recipe.form == "one patch" else tuple(_MAIL.split(mails)[1:])
    return Case(versions[0], patches, versions[-1], recipe)


def remake(recipe: Recipe, room: Path) -> Case:
    """Write another history down the same way."""
    repository = Repository(room / "remade.git")
    (index,) = repository.add([recipe.history])
    case = write_down(repository, index, recipe)
    repository.remove()
    return case
