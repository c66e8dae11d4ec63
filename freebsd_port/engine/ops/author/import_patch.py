"""`import`: take patches from elsewhere into the series, behind the top patch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.apply.changed_file import find_target
from freebsd_port.engine.core.apply.planner import require_text
from freebsd_port.engine.core.exchange.contribution import Contribution, from_diff, from_mail
from freebsd_port.engine.core.exchange.mailbox import (
    ContributionError,
    decode_download,
    read_mails,
)
from freebsd_port.engine.core.patch.patch import (
    FileChange,
    join_patch,
    parse_patch,
    require_complete,
    reverse_patch,
    split_patch,
)
from freebsd_port.engine.core.series.series import insert_patch
from freebsd_port.engine.core.text.file import PathError
from freebsd_port.engine.ops.author.new import (
    PatchNameError,
    find_following,
    load_whole_series,
    read_series_bytes,
    require_name,
)
from freebsd_port.engine.ops.author.stack import Stack, StackError, hold_stack
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.engine.store.files.texts import save_texts
from freebsd_port.errors import PortError, ProblemsError, UsageError, system_words


@dataclass(frozen=True, slots=True)
class Incoming:
    """One file to import, read already."""

    source: str
    """What the user calls it."""

    data: bytes
    place: Path | None = None
    """Where it is, None for what came over a pipe."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to read what comes in."""

    today: str
    strip: int | None = None
    reverse: bool = False
    name: str | None = None
    force: bool = False
    keep: str | None = None
    """Which header a replaced patch gets: o the old one, n the new one, a all."""

    has_scissors: bool = False
    """A line of scissors in a mail takes away all of the message above it."""


@dataclass(frozen=True, slots=True)
class Imported:
    """One patch that is in the series now, not on yet."""

    name: str
    text: Path
    source: str
    is_replaced: bool


def read_incoming(word: str, read_stdin: Callable[[], bytes]) -> Incoming:
    """Read a file, or for `-` what comes over the pipe. Raises UsageError."""
    if word == "-":
        return Incoming(word, read_stdin())
    try:
        return Incoming(word, Path(word).read_bytes(), Path(word))
    except OSError as error:
        reason = system_words(error)
        raise UsageError(f"the patch cannot be read: {reason}", where=word) from error


def import_patches(
    workspace: Workspace, incoming: Sequence[Incoming], options: ImportOptions
) -> tuple[Imported, ...]:
    """Take in every patch of every file, in order, all or none; without a target at the end.

    A mail's header becomes DEP-3 fields; a plain patch comes in byte for byte on a tree, and in
    the house's form on a release. Raises ProblemsError, or what reading a patch raises.
    """
    with hold_stack(workspace) as stack:
        read = [(one, each) for one in incoming for each in _read(stack, one, options)]
        if options.name is not None and len(read) != 1:
            raise UsageError(f"-P names one patch, and {len(read)} are to be imported")
        series = read_series_bytes(workspace)
        listed = load_whole_series(workspace).names
        on = [patch.entry.name for patch in stack.goal]
        if workspace.pristine is not None:
            on = list(stack.series.names)  # nothing is on anywhere: go behind all of them
        top = on[-1] if on else None
        following = find_following(workspace, top)
        texts: dict[Path, bytes | None] = {}
        done: list[Imported] = []
        for one, each in read:
            name = _name(stack, one, each, options)
            place = workspace.source.find_file(name)
            _require_free(stack, name, place, one, options, taken=tuple(texts))
            if name not in listed:
                series = insert_patch(series, name + _arguments(options), before=following)
            is_replaced = name in listed
            texts[place] = _merged(place, each.text, options) if is_replaced else each.text
            done.append(Imported(name, place, one.source, is_replaced))
        save_texts({**texts, workspace.source.series_file: series})
        return tuple(done)


def _read(stack: Stack, incoming: Incoming, options: ImportOptions) -> list[Contribution]:
    """Read the patches of one file; raises with the file's name for what holds none."""
    data = decode_download(incoming.data)
    mails = read_mails(data, has_scissors=options.has_scissors)
    for diff in [mail.diff for mail in mails] or [data]:
        require_complete(parse_patch(incoming.source, diff))
    if mails:
        found = [from_mail(mail) for mail in mails]
    elif stack.workspace.release is not None:
        stem = (options.name or Path(incoming.source).name).rpartition("/")[2]
        subject = stem.removesuffix(".patch").removesuffix(".diff").replace("-", " ")
        found = [from_diff(data, subject or "imported", options.today)]
    else:
        found = [Contribution(None, data)]
    problems: list[PortError] = []
    for each in found:
        changes = _changes(each, incoming, options)
        if not changes:
            raise ContributionError("it contains no patch", where=incoming.source)
        for change in changes:
            problems += _path_problems(change, incoming, options)
    if problems:
        raise ProblemsError(tuple(problems))
    return found


def _changes(
    each: Contribution, incoming: Incoming, options: ImportOptions
) -> tuple[FileChange, ...]:
    patch = parse_patch(incoming.source, each.text)
    return reverse_patch(patch).changes if options.reverse else patch.changes


def _path_problems(
    change: FileChange, incoming: Incoming, options: ImportOptions
) -> list[PathError]:
    """Find names that lead out of the tree, and changes that are no text."""
    strip = 1 if options.strip is None else options.strip
    where = f"{incoming.source}:{change.hunks[0].line if change.hunks else change.line}"
    require_text(change, where)
    raw = [side.name for side in (change.old, change.new) if side and side.name]
    if any(name.startswith(b"/") for name in raw):
        shown = raw[0].decode("utf-8", "backslashreplace")
        return [PathError(f"the patch names {shown!r}: it is absolute", where=where)]
    try:
        target = find_target(change, strip, lambda _: True, lambda _: True)
    except PathError as error:
        return [PathError(error.what, where=where, hint=error.hint)]
    if target is None:
        what = f"no file has a name when {strip} components are stripped"
        return [PathError(what, where=where, hint="say with -p how many to strip")]
    return []


def _name(stack: Stack, incoming: Incoming, each: Contribution, options: ImportOptions) -> str:
    workspace = stack.workspace
    name = each.name or Path(incoming.source).name
    if options.name is not None:
        name = options.name
    if incoming.place is not None and options.name is None and each.name is None:
        place = incoming.place.resolve()
        if place.is_relative_to(workspace.source.patches.resolve()):
            name = place.relative_to(workspace.source.patches.resolve()).as_posix()
    if name in ("", "-"):
        raise UsageError("input from a pipe has no name", hint="name the patch with -P")
    if workspace.release is not None:
        name = name if name.endswith(".patch") else f"{name.removesuffix('.diff')}.patch"
        if "/" not in name:
            name = _directory(stack, incoming, each, options) + name
    return require_name(workspace, name)


def _directory(stack: Stack, incoming: Incoming, each: Contribution, options: ImportOptions) -> str:
    """Give the directory of the distribution that owns every file of the patch, or nothing."""
    strip = 1 if options.strip is None else options.strip
    owners = set()
    for change in _changes(each, incoming, options):
        target = find_target(change, strip, lambda _: True, lambda _: True)
        owners.add(stack.target.owner(target.path) if target else None)
    owner = owners.pop() if len(owners) == 1 else None
    return f"{owner}/" if owner else ""


def _require_free(
    stack: Stack,
    name: str,
    place: Path,
    incoming: Incoming,
    options: ImportOptions,
    *,
    taken: tuple[Path, ...],
) -> None:
    if name in [patch.entry.name for patch in stack.goal]:
        raise StackError(
            f"{name} is on", hint="remove it with freebsd-port pop, or name the new one with -P"
        )
    is_itself = incoming.place is not None and place.exists() and place.samefile(incoming.place)
    is_listed = name in load_whole_series(stack.workspace).names
    if place in taken:
        raise PatchNameError(
            f"two patches would be named {name}",
            where=incoming.source,
            hint="import them one by one, each with a name from -P",
        )
    if is_listed and is_itself:
        raise PatchNameError(f"{name} is already in the series", hint="name it with -P")
    if (is_listed or (place.exists() and not is_itself)) and not options.force:
        raise PatchNameError(
            f"{name} already exists",
            where=str(place),
            hint="replace it with -f, or name it with -P",
        )


def _merged(place: Path, text: bytes, options: ImportOptions) -> bytes:
    """Give the new text of a patch that is replaced, with the header that was asked for.

    Source: quilt 0.66, merge_patches of import.
    """
    old, _ = split_patch(place.read_bytes() if place.exists() else b"")
    new, body = split_patch(text)
    if options.keep == "n" or not old or new == old:
        return text
    if options.keep is None and new:
        raise PatchNameError(
            "the headers of the old and the new patch differ",
            where=str(place),
            hint="keep the old one with -d o, the new one with -d n, or all with -d a",
        )
    return old + b"---\n" + text if options.keep == "a" else join_patch(old, body)


def _arguments(options: ImportOptions) -> str:
    strip = "" if options.strip is None else f" -p{options.strip}"
    return strip + (" -R" if options.reverse else "")
