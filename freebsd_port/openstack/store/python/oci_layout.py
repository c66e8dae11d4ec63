"""An OCI image layout on disk: an environment as one layer, and the blobs and documents beside it.

The layer is a tar without compression, so that the same files give the same bytes with any zlib.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import stat
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from freebsd_port.engine.core.text.file import STATE_DIRECTORY
from freebsd_port.errors import PortError, system_words
from freebsd_port.openstack.core.release.oci_image import LAYER_TYPE, LAYOUT, BaseImage, Blob

_LEFT_OUT = ("verified.json", "hunks.json", "upstream.json")
"""What is known of proofs, with their times."""

_PYTHON = re.compile(r"python(3(\.\d+)?)?")


class LayoutError(PortError):
    """A layout that cannot be read or written, or an environment that cannot be a layer."""


class _Hashing(io.RawIOBase):
    """Hashes and counts what goes to a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest, self.size = hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        self.digest.update(data)
        self.size += len(data)
        return self._file.write(data)


@dataclass(frozen=True, slots=True)
class _Moved:
    """An environment that is to be at another place, with another Python behind it."""

    root: Path
    prefix: str
    python: str
    """The Python that it uses there, absolute."""

    def place(self, path: str) -> str:
        """Give a path of the tar, relative to the root of the image."""
        return f"{self.prefix}/{path}".strip("/")

    def content(self, path: str, data: bytes) -> bytes:
        """Give a file as it is to be there: programs and pyvenv.cfg name where they are."""
        if path == "pyvenv.cfg":
            home, _, name = self.python.rpartition("/")
            lines = []
            for line in data.decode().splitlines():
                key = line.partition("=")[0].strip()
                if key in ("home", "version", "version_info", "include-system-site-packages"):
                    lines.append(f"home = {home}" if key == "home" else line)
            return ("\n".join([*lines, f"executable = {home}/{name}"]) + "\n").encode()
        if path.startswith("bin/"):
            return data.replace(os.fsencode(self.root), self.prefix.encode())
        return data

    def link(self, path: str, target: str) -> str:
        """Give where a link points to there; raises LayoutError for one out of the environment."""
        if path.startswith("bin/") and _PYTHON.fullmatch(path[4:]):
            return self.python if path == "bin/python" else "python"
        if os.path.isabs(target):
            inside = os.path.relpath(target, self.root)
        else:
            inside = os.path.normpath(os.path.join(os.path.dirname(path), target))
        if inside.startswith(".."):
            raise LayoutError(
                f"a link of the environment leads out of it, to {target}",
                where=str(self.root / path),
            )
        return self.prefix + "/" + inside if os.path.isabs(target) else target


def write_layer(root: Path, prefix: str, python: str, blobs: Path) -> Blob:
    """Write an environment as the tar of one layer, named by its digest; give the blob.

    Times, owners and what Python compiled are left out. Raises LayoutError for what is neither a
    file, a directory nor a link inside.
    """
    moved = _Moved(root, prefix, python)
    part = blobs / "layer"
    with part.open("wb") as file:
        counted = _Hashing(file)
        with tarfile.open(fileobj=counted, mode="w|", format=tarfile.PAX_FORMAT) as archive:
            for parent in reversed(Path(prefix.strip("/")).parents):
                if parent.name:
                    archive.addfile(_member(parent.as_posix(), tarfile.DIRTYPE, 0o755))
            archive.addfile(_member(moved.place(""), tarfile.DIRTYPE, 0o755))
            for path, entry in _entries(root, ""):
                _add(archive, moved, path, entry)
    name = counted.digest.hexdigest()
    part.rename(blobs / name)
    return Blob(LAYER_TYPE, name, counted.size)


def _entries(directory: Path, below: str) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Give every entry below a directory, sorted, a directory before what is in it."""
    with os.scandir(directory) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        path = below + entry.name
        if entry.name == "__pycache__" or entry.name.endswith(".pyc"):
            continue
        if below.endswith(f"{STATE_DIRECTORY}/") and entry.name in _LEFT_OUT:
            continue
        yield path, entry
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(Path(entry.path), f"{path}/")


def _add(archive: tarfile.TarFile, moved: _Moved, path: str, entry: os.DirEntry[str]) -> None:
    mode = entry.stat(follow_symlinks=False).st_mode
    place = moved.place(path)
    if stat.S_ISDIR(mode):
        archive.addfile(_member(place, tarfile.DIRTYPE, 0o755))
    elif stat.S_ISLNK(mode) or (path.startswith("bin/") and _PYTHON.fullmatch(path[4:])):
        member = _member(place, tarfile.SYMTYPE, 0o777)
        member.linkname = moved.link(path, os.readlink(entry.path) if stat.S_ISLNK(mode) else "")
        archive.addfile(member)
    elif stat.S_ISREG(mode):
        data = moved.content(path, Path(entry.path).read_bytes())
        member = _member(place, tarfile.REGTYPE, 0o755 if mode & 0o111 else 0o644)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    else:
        raise LayoutError("neither file, directory nor link", where=entry.path)


def _member(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(path)
    member.type, member.mode, member.mtime = kind, mode, 0
    return member


def save_blob(blobs: Path, kind: str, data: bytes) -> Blob:
    """Write a document; give the blob."""
    digest = hashlib.sha256(data).hexdigest()
    (blobs / digest).write_bytes(data)
    return Blob(kind, digest, len(data))


def read_base(base: Path, blobs: Path) -> BaseImage:
    """Copy the layers of the only image of a layout; raises LayoutError for another layout."""
    try:
        index = json.loads((base / "index.json").read_bytes())
        (manifest,) = index["manifests"]
        image = json.loads(_blob(base, manifest).read_bytes())
        config = json.loads(_blob(base, image["config"]).read_bytes())
        layers = []
        for one in image["layers"]:
            source = _blob(base, one)
            shutil.copyfile(source, blobs / source.name)
            layers.append(Blob(one["mediaType"], source.name, int(one["size"])))
        ids = tuple(config["rootfs"]["diff_ids"])
        return BaseImage(tuple(layers), ids, tuple(config.get("config", {}).get("Env") or ()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LayoutError(
            "no OCI image layout with one image",
            where=str(base),
            hint="make one with: skopeo copy docker://IMAGE oci:DIR",
        ) from error


def _blob(base: Path, descriptor: Mapping[str, str]) -> Path:
    kind, _, digest = descriptor["digest"].partition(":")
    if kind != "sha256" or not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise ValueError(digest)
    return base / "blobs" / kind / digest


def begin_layout(directory: Path) -> Path:
    """Make an empty layout next to its place; raises LayoutError where something else is."""
    is_ours = (directory / "oci-layout").is_file() or not directory.exists()
    if not is_ours and (not directory.is_dir() or os.listdir(directory)):
        raise LayoutError(
            "something that is not an OCI image layout is in the way",
            where=str(directory),
            hint="name a new directory with -o DIR",
        )
    part = directory.parent / f".{directory.name}.part"
    try:
        if part.exists():
            shutil.rmtree(part)
        (part / "blobs/sha256").mkdir(parents=True)
    except OSError as error:
        raise LayoutError(
            f"the layout cannot be written: {system_words(error)}", where=str(directory)
        ) from error
    return part


def end_layout(part: Path, directory: Path, files: Mapping[str, bytes]) -> None:
    """Write the documents and put the layout in its place, in place of an earlier one."""
    for name, data in {"oci-layout": LAYOUT, **files}.items():
        (part / name).write_bytes(data)
    if directory.exists():
        shutil.rmtree(directory)
    part.rename(directory)
