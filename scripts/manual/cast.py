"""A terminal session as an animated SVG: commands run in a real terminal, drawn frame by frame.

pyte plays the terminal. The animation is CSS, so that a code host shows it without a script.
"""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape

import pyte

COLUMNS, ROWS = 96, 30
_CELL, _LINE, _PAD, _BAR = 8.4, 19, 16, 30
_COLOURS = {
    "default": "#d7dae0",
    "black": "#5c6370",
    "red": "#e06c75",
    "green": "#98c379",
    "brown": "#e5c07b",
    "blue": "#61afef",
    "magenta": "#c678dd",
    "cyan": "#56b6c2",
    "white": "#d7dae0",
}
Cell = tuple[str, str, bool, bool]
"""Character, colour, bold, reversed."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What the terminal shows from a time on."""

    seconds: float
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """One command: what is shown as typed, what is run, and how long its end is looked at."""

    shown: str
    run: Sequence[str]
    seconds: float = 3.0


def play(scenes: Sequence[Scene], cwd: str) -> list[Frame]:
    """Run the commands one after the other and give what the terminal showed."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    frames: list[Frame] = []
    now = 0.0
    for scene in scenes:
        stream.feed(b"\x1b[1;32m$\x1b[0m ")
        frames.append(Frame(now, _rows(screen)))
        stream.feed(f"{scene.shown}\r\n".encode())
        now += 0.9
        frames.append(Frame(now, _rows(screen)))
        for output in _run(scene.run, cwd):
            for part in output.splitlines(keepends=True):
                stream.feed(part)
            now += 0.15
            frames.append(Frame(now, _rows(screen)))
        now += scene.seconds
    stream.feed(b"\x1b[1;32m$\x1b[0m ")
    return [*frames, Frame(now, _rows(screen)), Frame(now + 2.0, _rows(screen))]


def render_svg(frames: Sequence[Frame]) -> str:
    """Draw the frames; each is a group that the animation shows for its time."""
    width = COLUMNS * _CELL + 2 * _PAD
    height = ROWS * _LINE + _PAD + _BAR
    total = frames[-1].seconds
    rules, groups, lines = [], [], dict[str, str]()
    for index, (frame, following) in enumerate(pairwise(frames)):
        begin, end = 100 * frame.seconds / total, 100 * following.seconds / total
        shown = f"0%{{opacity:0}}{begin:.2f}%{{opacity:1}}{end:.2f}%{{opacity:0}}"
        rules.append(
            f"@keyframes f{index}{{{shown}}}"
            f"#f{index}{{opacity:0;animation:f{index} {total:.1f}s steps(1) infinite}}"
        )
        uses = [
            f'<use href="#{lines.setdefault(drawn, f"l{len(lines)}")}" y="{row * _LINE}"/>'
            for row, cells in enumerate(frame.rows)
            if (drawn := _draw(cells))
        ]
        groups.append(f'<g id="f{index}">{"".join(uses)}</g>')
    last = len(groups) - 1
    rules.append(
        "@media(prefers-reduced-motion:reduce){g[id]{animation:none!important}"
        f"#f{last}{{opacity:1!important}}}}"
    )
    symbols = "".join(f'<g id="{name}">{drawn}</g>' for drawn, name in lines.items())
    dots = "".join(
        f'<circle cx="{_PAD + 18 * index}" cy="15" r="5" fill="#{colour}"/>'
        for index, colour in enumerate(("ff5f57", "febc2e", "28c840"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}"'
        f' width="{width:.0f}" height="{height}" role="img" aria-label="A terminal session">'
        "<style>text{font:14px ui-monospace,DejaVu Sans Mono,Menlo,Consolas,monospace;"
        f"white-space:pre}}.b{{font-weight:700}}{''.join(rules)}</style>"
        f'<rect width="100%" height="100%" rx="8" fill="#1e2127"/>{dots}'
        f'<defs>{symbols}</defs><g transform="translate({_PAD},{_BAR + 14})">{"".join(groups)}</g>'
        "</svg>\n"
    )


def _run(words: Sequence[str], cwd: str) -> Iterator[bytes]:
    """Run one command on a terminal of its own and give its output as it comes."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    env = {**os.environ, "TERM": "xterm", "COLUMNS": str(COLUMNS), "LINES": str(ROWS)}
    env.pop("NO_COLOR", None)
    process = subprocess.Popen(words, cwd=cwd, env=env, stdin=its, stdout=its, stderr=its)
    os.close(its)
    while True:
        try:
            output = os.read(ours, 4096)
        except OSError:  # Linux says that the other end is closed
            output = b""
        if not output:
            break
        yield output
    os.close(ours)
    if process.wait() not in (0, 3):
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")


def _rows(screen: pyte.Screen) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        tuple(
            (cell.data, cell.fg, cell.bold, cell.reverse)
            for cell in (screen.buffer[row][column] for column in range(COLUMNS))
        )
        for row in range(ROWS)
    )


def _draw(cells: tuple[Cell, ...]) -> str:
    """Draw a row: runs of one look, without the blanks at its end."""
    drawn, column = "", 0
    while column < len(cells):
        look = cells[column][1:]
        end = column
        while end < len(cells) and cells[end][1:] == look:
            end += 1
        text = "".join(cell[0] for cell in cells[column:end])
        drawn += _draw_run(text, column, *look)
        column = end
    return drawn


def _draw_run(text: str, column: int, colour: str, is_bold: bool, is_reversed: bool) -> str:
    if not is_reversed and not text.strip():
        return ""
    fill, x = _COLOURS.get(colour, f"#{colour}"), column * _CELL
    behind = ""
    if is_reversed:
        size = f'width="{len(text) * _CELL:.1f}" height="{_LINE}"'
        behind = f'<rect x="{x:.1f}" y="-14" {size} fill="{fill}"/>'
        fill = "#1e2127"
    shown = text.rstrip() if not is_reversed else text
    bold = ' class="b"' if is_bold else ""
    length = f'textLength="{len(shown) * _CELL:.1f}"'
    return f'{behind}<text x="{x:.1f}" {length} fill="{fill}"{bold}>{escape(shown)}</text>'
