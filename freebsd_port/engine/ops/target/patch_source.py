"""Load the series and its patches, as the release (if any) takes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.apply.overlay import AppliedPatch
from freebsd_port.engine.core.series.series import Series, SeriesEntry, SeriesError, parse_series
from freebsd_port.engine.core.series.variant import pick_file, variant_name
from freebsd_port.engine.core.text.file import hash_bytes
from freebsd_port.engine.store.files.read import Listing, read_whole
from freebsd_port.errors import ProblemsError, UsageError, system_words


@dataclass(frozen=True, slots=True)
class GoalPatch:
    """One patch to have on, as its file holds it."""

    entry: SeriesEntry
    data: bytes
    applied: AppliedPatch
    """What the overlay will remember of it."""


@dataclass(frozen=True, slots=True)
class PatchSource:
    """Where a series and its patches are read from."""

    series_file: Path
    patches: Path
    release: str | None = None
    order: tuple[str, ...] = ()
    """All releases, oldest first; what variants and tags are chosen by."""

    options: frozenset[str] = frozenset()

    directories: tuple[str, ...] = ()
    """Where a patch must be, directly below the patches; empty: anywhere."""

    takes: Callable[[SeriesEntry], bool] | None = None
    """Tells which lines of the series concern the target; None: all of them."""

    beside: tuple[str, ...] = ()
    """Suffixes of directories that belong to a patch: with `.x`, the directory a.x to a.patch."""

    def load_series(self) -> Series:
        """Read what is on for the release; everything when there is none.

        Raises SeriesError, and UsageError for an option that no patch is under.
        """
        if self.release is None:
            return load_series(self.series_file, hint="name it with --series FILE")
        series = load_series(self.series_file)
        require_options(series, self.options, self.series_file)
        return self._taken(
            series.for_release(self.release, self.order, self.options), is_taken=True
        )

    def load_passed_over(self) -> Series:
        """Read what is on for the release and does not concern the target."""
        if self.release is None or self.takes is None:
            return Series(())
        series = load_series(self.series_file)
        on = series.for_release(self.release, self.order, self.options)
        return self._taken(on, is_taken=False)

    def _taken(self, series: Series, *, is_taken: bool) -> Series:
        takes = self.takes
        if takes is None:
            return series
        return Series(tuple(entry for entry in series.entries if takes(entry) is is_taken))

    def directories_of(self, name: str) -> tuple[Path, ...]:
        """Give the directories that belong to a patch of this name, whether they exist or not."""
        stem = self.patches / name.removesuffix(".patch")
        return tuple(stem.with_name(stem.name + suffix) for suffix in self.beside)

    def find_file(self, name: str, listing: Listing | None = None) -> Path:
        """Choose the patch's text for the release; with a listing of the patches, from that."""
        has = listing.has if listing else lambda one: (self.patches / one).exists()
        return self._find_file(name, has)

    def _find_file(self, name: str, exists: Callable[[str], bool]) -> Path:
        if self.release not in self.order:
            return self.patches / name
        later = self.order[self.order.index(self.release) :]
        present = [one for one in (variant_name(name, each) for each in later) if exists(one)]
        return self.patches / pick_file(name, self.release, self.order, present)

    def load_patches(
        self, entries: tuple[SeriesEntry, ...], listing: Listing | None = None
    ) -> tuple[GoalPatch, ...]:
        """Read the patch files; raises ProblemsError naming every one that cannot be read."""
        goal: list[GoalPatch] = []
        problems: list[SeriesError] = []
        listing = listing or Listing(self.patches)
        for entry in entries:
            path = self._find_file(entry.name, listing.has)
            try:
                data = read_patch_file(path)
            except FileNotFoundError:
                problems.append(
                    SeriesError(
                        f"the series names {entry.name}, which does not exist",
                        where=f"{self.series_file}:{entry.line}",
                        hint="freebsd-port check",
                    )
                )
                continue
            except OSError as error:
                problems.append(SeriesError(_unread(entry.name, error), where=str(path)))
                continue
            applied = AppliedPatch(entry.name, hash_bytes(data), entry.strip, entry.reverse)
            goal.append(GoalPatch(entry, data, applied))
        if problems:
            raise ProblemsError(tuple(problems))
        return tuple(goal)


def require_options(series: Series, options: frozenset[str], path: Path) -> None:
    """Raise UsageError for an option that no patch of a series is under."""
    known = sorted(series.options)
    for option in sorted(options.difference(known)):
        raise UsageError(
            f"no patch of the series has the option {option}",
            where=str(path),
            hint=f"choose one of {', '.join(known)}" if known else "leave --option out",
        )


def options_or_all(series: Series, options: frozenset[str], path: Path) -> frozenset[str]:
    """Give the options that were named; all that the series has if none was.

    Raises UsageError for an option that no patch is under.
    """
    require_options(series, options, path)
    return options or series.options


def load_series(path: Path, *, hint: str | None = None) -> Series:
    """Read a whole series, whatever is on for whom; `hint` is for one that cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SeriesError(_unread("the series", error), where=str(path), hint=hint) from error
    return parse_series(data, source=str(path))


def _unread(what: str, error: OSError) -> str:
    return f"{what} cannot be read: {system_words(error)}"


def read_patch_file(path: Path) -> bytes:
    """Read a patch, decompressed when its name says that it is compressed, as quilt does.

    Raises SeriesError when it does not decompress, OSError when it cannot be read.
    """
    return decompress_patch(path, read_whole(path))


_COMPRESSED = (".gz", ".bz2", ".xz", ".lzma")


def compress_patch(path: Path, text: bytes) -> bytes:
    """Give the bytes of a patch file whose name may say that it is compressed."""
    if path.suffix not in _COMPRESSED:
        return text
    import bz2
    import gzip
    import lzma

    if path.suffix == ".gz":
        return gzip.compress(text, mtime=0)
    if path.suffix == ".bz2":
        return bz2.compress(text)
    form = lzma.FORMAT_ALONE if path.suffix == ".lzma" else lzma.FORMAT_XZ
    return lzma.compress(text, form)


def decompress_patch(path: Path, data: bytes) -> bytes:
    """Give the text in the bytes of a patch file; raises SeriesError as read_patch_file does."""
    if not data or path.suffix not in _COMPRESSED:
        return data
    import bz2  # here, because hardly any series needs them and every command loads this module
    import gzip
    import lzma
    import zlib

    read = {".gz": gzip.decompress, ".bz2": bz2.decompress}.get(path.suffix, lzma.decompress)
    try:
        return read(data)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise SeriesError("the patch does not decompress", where=str(path)) from error
