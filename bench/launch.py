"""Run one command and write what it cost: `python launch.py REPORT PROGRAM ARGUMENT...`.

A process of its own because a child starts with its parent's memory as its own high-water mark;
this one is smaller than anything that is measured except git and patch.
"""

import os
import sys
import time


def main(report: str, command: list[str]) -> None:
    """Write status, wall, CPU and memory as one line of numbers; the command's output goes on."""
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - started
    code = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    with open(report, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib costs memory here
        print(code, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit, file=file)


main(sys.argv[1], sys.argv[2:])
