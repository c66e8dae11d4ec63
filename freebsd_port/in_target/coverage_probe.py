"""Run by path in the Python that was measured: prints which contexts ran each line.

The arguments are coverage's data file and the file to write: JSON, file name to line to the names
of the contexts. coverage's own JSON report reads every source anew, which takes minutes for
nova's modules and hundreds of contexts.
"""

from __future__ import annotations

import json
import sys


def main(data_file: str, report: str) -> None:
    """Write the report; lines as the tracer counted them."""
    from coverage import CoverageData

    data = CoverageData(data_file)
    data.read()
    lines = {name: data.contexts_by_lineno(name) for name in sorted(data.measured_files())}
    with open(report, "w", encoding="utf-8") as file:
        json.dump(lines, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
