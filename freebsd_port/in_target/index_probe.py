"""Run by path in a Python that has pip-tools: prints which files the index has.

Standard input is JSON, a list of [name, version or None for all]; standard output is JSON, a
list of [name, [[file name, SHA-256 or None, version, Pythons or None, is yanked], ...]]. It goes
through pip-tools' own repository, so that the index, proxy and certificates that the user has
set for pip hold here too. Files for other Pythons than the one that runs this are listed as well.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor

_AT_ONCE = 8
"""How many distributions the index is asked about at a time."""


def main() -> None:
    """Answer for every name, in order."""
    from piptools.locations import CACHE_DIR
    from piptools.repositories import PyPIRepository

    repository = PyPIRepository([], cache_dir=CACHE_DIR)
    finder = repository.command._build_package_finder(
        options=repository.options, session=repository.session, ignore_requires_python=True
    )

    def ask(question: tuple[str, str | None]) -> list[object]:
        """Give the files of one distribution, sorted by name."""
        name, wanted = question
        files = {}
        for candidate in finder.find_all_candidates(name):
            link, version = candidate.link, str(candidate.version)
            if wanted in (None, version):
                sha256 = link.hash if link.hash_name == "sha256" else None
                files[link.filename] = (sha256, version, link.requires_python, link.is_yanked)
        return [name, [[file, *rest] for file, rest in sorted(files.items())]]

    with repository.allow_all_wheels(), ThreadPoolExecutor(_AT_ONCE) as pool:
        answer = list(pool.map(ask, json.load(sys.stdin)))
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
