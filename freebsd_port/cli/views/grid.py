"""What `status --all` prints: a row a patch, a column a release."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from freebsd_port.cli.options import Common
from freebsd_port.cli.render import count, paint, print_json, problem_rows, say

if TYPE_CHECKING:
    from freebsd_port.openstack.ops.inspect.grid import Cell, Column, Grid

_LOOKS = {"exact": "good", "offset": "good", "miss": "bad", "off": "dim"}
_WIDTH = 7
_LEGEND = "@ another text than the newest release's; off: not on there; *: carried, has series.lock"


def show_grid(common: Common, *, is_offline: bool) -> None:
    """Print how every patch lies on every release."""
    from freebsd_port.openstack.ops.inspect.grid import read_grid

    grid = read_grid(
        common.project(), common.options, is_offline=is_offline, progress=common.progress
    )
    if common.as_json:
        print_json(_as_json(grid))
    elif common.verbosity >= 0:
        _show(grid)


def _show(grid: Grid) -> None:
    width = max((len(name) for name in grid.patches), default=0)
    heads = "".join(f"  {_head(column):{_WIDTH}}" for column in grid.columns)
    say(paint(f"{'':{width}}{heads}".rstrip(), "strong"))
    for index, name in enumerate(grid.patches):
        shown = "".join(f"  {_cell(column, index)}" for column in grid.columns)
        say(f"{name:{width}}{shown}".rstrip())
    for column in grid.columns:
        if column.problem is not None:
            say(paint(f"{column.release}: {column.problem.what}", "warn"))
    say(paint(_LEGEND, "dim"))
    missing = [
        f"{column.release} {lies['miss']}"
        for column in grid.columns
        if (lies := Counter(cell.lie for cell in column.cells))["miss"]
    ]
    say(
        f"{count(len(grid.patches), 'patch')} on {count(len(grid.columns), 'release')}; "
        f"do not fit: {', '.join(missing) or 'none'}"
    )


def _head(column: Column) -> str:
    return f"{column.release}{'*' if column.has_series_lock else ''}"


def _cell(column: Column, index: int) -> str:
    if not column.cells:
        return f"{'?':{_WIDTH}}"
    cell = column.cells[index]
    word = f"{cell.lie}{'@' if cell.is_variant else ''}"
    return paint(word, _LOOKS[cell.lie]) + " " * (_WIDTH - len(word))


def _as_json(grid: Grid) -> dict[str, Any]:
    problems = [column.problem for column in grid.columns if column.problem is not None]
    return {
        "ok": not problems and all(c.lie != "miss" for one in grid.columns for c in one.cells),
        "verb": "status",
        "releases": [
            {
                "name": column.release,
                "carried": column.has_series_lock,
                "patches": [_cell_json(cell) for cell in column.cells],
            }
            for column in grid.columns
        ],
        "problems": problem_rows(problems),
    }


def _cell_json(cell: Cell) -> dict[str, Any]:
    return {
        "name": cell.patch,
        "state": cell.lie,
        "variant": cell.is_variant,
        "file": cell.file,
        "problems": cell.missed,
    }
