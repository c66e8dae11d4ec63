"""Run by path in the Python that was measured: prints which contexts ran each line.

The arguments are coverage's configuration and the file to write: JSON, file name to line to the
names of the contexts. The data of the run and of its forks are joined first. coverage's own JSON
report reads every source anew, which takes minutes for nova's modules and hundreds of contexts.
"""

from __future__ import annotations

import json
import sys


def main(configuration: str, report: str) -> None:
    """Write the report; lines as the tracer counted them."""
    from coverage import Coverage

    coverage = Coverage(config_file=configuration)
    coverage.combine()
    data = coverage.get_data()
    lines = {name: data.contexts_by_lineno(name) for name in sorted(data.measured_files())}
    with open(report, "w", encoding="utf-8") as file:
        json.dump(lines, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
