"""Write the tables of the documents that follow from the code: `python scripts/tables.py`.

A table stands between two comments with its name. With --check nothing is written, and the exit
status is 1 if a table is not as the code has it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

from manual.markdown import render_verbs
from manual.read_help import read_pages

from freebsd_port.cli.main import cli
from freebsd_port.engine.core.review.rules.all import RULES

ROOT = Path(__file__).resolve().parents[1]


def verbs() -> list[str]:
    """The verbs, as the help lists them."""
    return render_verbs(read_pages(cli)[0]).splitlines()


def rules() -> list[str]:
    """The rules of a review."""
    rows = ["| rule | remarks on | ignores |", "|---|---|---|"]
    for rule in RULES:
        level = " (error)" if rule.level == "error" else ""
        spares = f" {rule.spares}" if rule.spares else ""
        rows.append(f"| `{rule.name}`{level} | {rule.flags} |{spares} |")
    return rows


TABLES: dict[tuple[str, str], Callable[[], list[str]]] = {
    ("README.md", "verbs"): verbs,
    ("docs/review.md", "rules"): rules,
}


def with_table(text: str, name: str, rows: list[str]) -> str:
    """Give a document with this table in its place."""
    begin, end = f"<!-- {name}: written by `make tables` -->\n", f"<!-- end of {name} -->\n"
    pattern = f"(?<={re.escape(begin)}).*?(?={re.escape(end)})"
    table = "".join(f"{row}\n" for row in rows)
    found, count = re.subn(pattern, lambda _: table, text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"there is no one place for the table of {name}")
    return found


def main(words: list[str]) -> int:
    """Write or compare every table, and give the exit status."""
    stale = 0
    for (document, name), render in TABLES.items():
        path = ROOT / document
        text = path.read_text("utf-8")
        wanted = with_table(text, name, render())
        if wanted != text and words == ["--check"]:
            print(f"{document}: the table of {name} is out of date: make tables", file=sys.stderr)
            stale = 1
        elif wanted != text:
            path.write_text(wanted, "utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
