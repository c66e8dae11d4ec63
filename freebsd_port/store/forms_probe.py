"""Run by path in the Python that locks: prints which files the index has for pinned versions.

Standard input is JSON, a list of [name, version]; standard output is JSON, a list of
[name, [[file name, SHA-256 or None], ...]]. It goes through pip-tools' own repository, so that
the index, proxy and certificates that the user has set for pip hold here too.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Answer for every name, in order."""
    from piptools.locations import CACHE_DIR
    from piptools.repositories import PyPIRepository

    repository = PyPIRepository([], cache_dir=CACHE_DIR)
    answer = []
    with repository.allow_all_wheels():
        for name, version in json.load(sys.stdin):
            links = [
                candidate.link
                for candidate in repository.find_all_candidates(name)
                if str(candidate.version) == version
            ]
            files = {link.filename: link.hash for link in links}
            answer.append([name, sorted(files.items())])
            print(name, file=sys.stderr, flush=True)
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
