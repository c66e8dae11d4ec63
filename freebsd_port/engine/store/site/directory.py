"""The site of a review on disk: a directory that may hold files of somebody else too."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.text.file import hash_bytes
from freebsd_port.engine.store.files.write import (
    describe_refusal,
    is_directory,
    remove_directory,
    remove_empty_parents,
    remove_file,
)
from freebsd_port.errors import PortError, ProblemsError

MANIFEST = ".freebsd-port-site.json"
"""Lists the files that were written, by digest; what it does not list is somebody else's."""

_ASSETS = ("review.css", "review.js")


class SiteError(PortError):
    """A directory that the site cannot be written to."""


@dataclass(frozen=True, slots=True)
class Written:
    """What writing a site did."""

    files: int
    """Files of the site."""

    changed: int
    """Those that were not there as they are now."""

    removed: int
    """Those of an earlier site that are gone."""


def read_assets() -> dict[str, bytes]:
    """Give the style and the script that all sites share, by name."""
    directory = Path(__file__).with_name("site_assets")
    return {name: (directory / name).read_bytes() for name in _ASSETS}


def write_site(directory: Path, files: Iterable[tuple[str, bytes]]) -> Written:
    """Write the site, whole or not at all where the directory is new or empty.

    Every file is made beside the directory before the first is moved in. In a directory that has
    a site already, each file is then replaced in one step, the last given last, and what only the
    earlier site had goes; what is not of that site stays. Raises SiteError for a file of somebody
    else that is in the way, and for a link that leads elsewhere; WriteError when the system
    refuses.
    """
    directory = Path(os.path.abspath(directory))
    if not directory.name:
        raise SiteError(
            "a site cannot be written to the root directory", hint="freebsd-port review site DIR"
        )
    staging = directory.with_name(f".{directory.name}.freebsd-port-site")
    try:
        staging.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise describe_refusal(error, directory) from error
    try:
        remove_directory(staging)
        digests = _stage(staging, files)
        if not is_directory(directory) or not any(directory.iterdir()):
            os.replace(staging, directory)
            return Written(len(digests), len(digests), 0)
        return _move_in(staging, directory, digests)
    except OSError as error:
        raise describe_refusal(error, directory) from error
    finally:
        remove_directory(staging)


def _stage(staging: Path, files: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    digests: dict[str, str] = {}
    made: set[Path] = set()
    for path, content in files:
        target = staging / path
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        target.write_bytes(content)
        digests[path] = hash_bytes(content)
    (staging / MANIFEST).write_bytes(_render_manifest(digests))
    return digests


def _move_in(staging: Path, directory: Path, digests: Mapping[str, str]) -> Written:
    before = _read_manifest(directory)
    _require_room(directory, digests, before)
    changed = [path for path in digests if not _holds(directory / path, digests[path])]
    stale = [path for path in before if path not in digests]
    manifest = directory / MANIFEST
    both = _render_manifest({**before, **{path: digests[path] for path in changed}})
    (staging / "both").write_bytes(both)
    os.replace(staging / "both", manifest)  # from here on a kill leaves nothing that is not listed
    for path in changed:
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        os.replace(staging / path, directory / path)
    removed = [path for path in stale if _holds(directory / path, before[path])]
    for path in removed:
        remove_file(directory / path)
        remove_empty_parents(directory / path, directory)
    os.replace(staging / MANIFEST, manifest)
    return Written(len(digests), len(changed), len(removed))


def _require_room(directory: Path, digests: Mapping[str, str], before: Mapping[str, str]) -> None:
    for parent in sorted({Path(path).parent for path in digests}):
        is_directory(directory / parent)
    foreign = [path for path in digests if path not in before and os.path.lexists(directory / path)]
    problems = tuple(_in_the_way(directory / path) for path in foreign)
    if problems:
        raise ProblemsError(problems)


def _in_the_way(path: Path) -> SiteError:
    return SiteError(
        "a file that is not part of this site is in the way",
        where=str(path),
        hint="name another directory, or move the file: freebsd-port review site DIR",
    )


def _holds(path: Path, digest: str) -> bool:
    return path.is_file() and not path.is_symlink() and hash_bytes(path.read_bytes()) == digest


def _render_manifest(digests: Mapping[str, str]) -> bytes:
    return f"{json.dumps(dict(sorted(digests.items())), indent=1)}\n".encode()


def _read_manifest(directory: Path) -> dict[str, str]:
    """Give what is listed; nothing where there is no list, or one that cannot be read."""
    try:
        value = json.loads((directory / MANIFEST).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return dict(_safe_items(value)) if isinstance(value, dict) else {}


def _safe_items(value: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Pass over what leads out of the directory, so that a forged list removes nothing there."""
    for path, digest in value.items():
        parts = path.split("/")
        if isinstance(digest, str) and path and not {"", ".", ".."} & set(parts):
            yield path, digest
