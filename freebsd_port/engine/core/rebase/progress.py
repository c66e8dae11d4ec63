"""A rebase that was begun, as it is kept between two commands. The files are `store.rebase`'s."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from freebsd_port.engine.core.text.file import find_path_fault

_TUPLES = ("settled", "unfinished", "beside", "ahead")


@dataclass(frozen=True, slots=True)
class RebaseState:
    """What cannot be computed again."""

    old: str
    """Release that the series comes from."""

    new: str
    today: str
    """Date for Last-Update, ISO 8601."""

    only: str | None = None
    """The one patch to carry; None is all of them."""

    stopped: str | None = None
    """The patch in conflict; None while files are being written."""

    skipped: Mapping[str, str] = field(default_factory=dict)
    """Reason by patch."""

    settled: tuple[str, ...] = ()
    """Patches of which a person finished the files."""

    unfinished: tuple[str, ...] = ()
    """Paths of the files with markers of the patch that it stopped at."""

    saved: Mapping[str, bool] = field(default_factory=dict)
    """Files that are written, and whether they were there before."""

    places: Mapping[str, str] = field(default_factory=dict)
    """Where a series that belongs to no release and its two trees are, for the next command."""

    beside: tuple[str, ...] = ()
    """Other releases that each patch is tried from."""

    ahead: tuple[str, ...] = ()
    """The patches behind the one that it stopped at that are in conflict too."""

    taken: Mapping[str, str] = field(default_factory=dict)
    """By patch: the one of two clean results that is taken, by the version that it is from."""

    @property
    def origin(self) -> str:
        """Name every release that patches come from."""
        return " and ".join((self.old, *self.beside))

    def is_of(self, other: RebaseState) -> bool:
        """Tell whether both are states of the same rebase."""
        return (self.old, self.beside, self.new, self.only, self.places) == (
            *(other.old, other.beside, other.new, other.only, other.places),
        )


def render_rebase_state(state: RebaseState) -> bytes:
    """Give the state as JSON; `parse_rebase_state(render_rebase_state(s)) == s`."""
    return (json.dumps(asdict(state), indent=1, sort_keys=True) + "\n").encode()


def parse_rebase_state(data: bytes) -> RebaseState:
    """Read the state; raises ValueError for one that we cannot have written.

    Names and paths are held against the rules, because files are written and removed by them.
    """
    value = json.loads(data)
    try:
        state = RebaseState(**{**value, **{one: tuple(value[one]) for one in _TUPLES}})
        texts = [state.old, state.new, state.today, *state.skipped.values(), *state.settled]
        texts += [*state.beside, *state.taken.values()]
        texts += [*state.places, *state.places.values()]
        texts += [text for text in (state.only, state.stopped) if text is not None]
        paths = [*state.skipped, *state.settled, *state.unfinished, *state.saved, *state.ahead]
        paths += state.taken
        kinds = {type(was_there) for was_there in state.saved.values()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the state of a rebase: {error}") from error
    if not all(isinstance(text, str) for text in (*texts, *paths)) or kinds - {bool}:
        raise ValueError("fields of another kind")
    for path in paths:
        fault = find_path_fault(path)
        if fault:
            raise ValueError(f"it names {path!r}, and {fault}")
    return state
