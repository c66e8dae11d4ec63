"""What `status --all` prints: a row for each patch, a column for each release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from freebsd_port.cli.options import Common
from freebsd_port.cli.render import count, paint, print_json, problem_rows, say

if TYPE_CHECKING:
    from freebsd_port.openstack.ops.inspect.grid import Cell, Column, Grid

_LOOKS = {"exact": "good", "offset": "good", "miss": "bad", "off": "dim"}
_WIDTH = 7
_LEGEND = "@: variant; off: not in that release's series; *: has series.lock"
_SIGNS = {"exact": "=", "offset": "+", "miss": "!", "off": "-"}
_SIGN_LEGEND = "=: exact; +: offset; !: does not apply; -: not in the series; @: variant"
_LEAST_NAME = 12


def show_grid(common: Common, *, is_offline: bool) -> None:
    """Print how every patch applies to every release."""
    from freebsd_port.openstack.ops.inspect.grid import read_grid

    grid = read_grid(
        common.project(), common.options, is_offline=is_offline, progress=common.progress
    )
    if common.as_json:
        print_json(_as_json(grid))
    elif common.verbosity >= 0:
        _show(grid)


def _show(grid: Grid) -> None:
    from freebsd_port.cli.views.review_text import terminal_width

    columns = terminal_width()
    names = max((len(name) for name in grid.patches), default=0)
    is_wide = names + len(grid.columns) * (_WIDTH + 2) <= columns
    rows = _wide_rows(grid, names) if is_wide else _narrow_rows(grid, columns)
    for row in rows:
        say(row.rstrip())
    for column in grid.columns:
        if column.problem is not None:
            say(paint(f"{column.release}: {column.problem.what}", "warn"))
    say(paint(_LEGEND if is_wide else _SIGN_LEGEND, "dim"))
    missing = [
        f"{column.release} {lies['miss']}"
        for column in grid.columns
        if (lies := Counter(cell.lie for cell in column.cells))["miss"]
    ]
    say(
        f"{count(len(grid.patches), 'patch')} on {count(len(grid.columns), 'release')}; "
        f"do not apply: {', '.join(missing) or 'none'}"
    )


def _wide_rows(grid: Grid, width: int) -> Iterator[str]:
    """Give a row for each patch, with a word for each release."""
    heads = (f"{one.release}{'*' if one.has_series_lock else ''}" for one in grid.columns)
    yield paint(f"{'':{width}}" + "".join(f"  {head:{_WIDTH}}" for head in heads), "strong")
    for index, name in enumerate(grid.patches):
        cells = "".join(f"  {_cell(column, index, _WIDTH)}" for column in grid.columns)
        yield f"{name:{width}}{cells}"


def _narrow_rows(grid: Grid, columns: int) -> Iterator[str]:
    """Give the patches below their directories, with a sign for each release."""
    names = [name.rpartition("/")[2].removesuffix(".patch") for name in grid.patches]
    widths = [max(len(column.release), 2) for column in grid.columns]
    room = max(columns - sum(widths) - len(widths), _LEAST_NAME)
    width = min(max((len(name) + 2 for name in names), default=0), room)
    heads = (f" {one.release:{wide}}" for one, wide in zip(grid.columns, widths, strict=True))
    yield paint(f"{'':{width}}{''.join(heads)}", "strong")
    locks = ("*" if one.has_series_lock else "" for one in grid.columns)
    cells = "".join(f" {lock:{wide}}" for lock, wide in zip(locks, widths, strict=True))
    yield f"{'series.lock':{width}}{cells}"
    directory = None
    for index, name in enumerate(names):
        if (found := grid.patches[index].rpartition("/")[0]) != directory:
            directory = found
            yield paint(directory, "strong")
        shown = f"  {name}"
        shown = shown if len(shown) <= width else f"{shown[: width - 3]}..."
        pairs = zip(grid.columns, widths, strict=True)
        cells = "".join(f" {_cell(one, index, wide, has_sign=True)}" for one, wide in pairs)
        yield f"{shown:{width}}{cells}"


def _cell(column: Column, index: int, width: int, *, has_sign: bool = False) -> str:
    if not column.cells:
        return f"{'?':{width}}"
    cell = column.cells[index]
    word = _SIGNS[cell.lie] if has_sign else cell.lie
    word = f"{word}{'@' if cell.is_variant else ''}"
    return paint(word, _LOOKS[cell.lie]) + " " * (width - len(word))


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
