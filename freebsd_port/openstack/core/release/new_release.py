"""The files of a release as `releases add` writes them; reading release.toml is `release`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from freebsd_port.errors import UsageError
from freebsd_port.openstack.core.release.markers import MarkerEnvironment, parse_requirement
from freebsd_port.openstack.core.release.release import (
    PATCHED_DISTRIBUTIONS,
    Pin,
    Release,
    ReleaseError,
    normalised_name,
    release_order,
)

_NAME = re.compile(r"\d{4}\.[1-9]\d*|[a-z]+")
_LEFT_OUT = {normalised_name(name) for name in (*PATCHED_DISTRIBUTIONS, "libvirt-python")}
_CONSTRAINTS_HEADER = """\
# OpenStack's upper-constraints of {name}, sorted,
# without the distributions that requirements.in pins and without libvirt-python.
"""


def fit_pythons(python: str, ranges: Iterable[str]) -> str:
    """Give the range of Pythons of a new release, from its model's and those of its wheels.

    The oldest Python is the oldest one of the model's that every wheel allows. If no Python of the
    model's is left, it is the oldest that the wheels allow, and only that one is taken: whether a
    newer one works nobody has said. A range that fits already comes out as it is.
    """
    from packaging.specifiers import SpecifierSet

    minors = range(6, 100)
    wheels = [SpecifierSet(one) for one in ranges]
    allowed = [minor for minor in minors if all(one.contains(f"3.{minor}.99") for one in wheels)]
    own = [minor for minor in minors if SpecifierSet(python).contains(f"3.{minor}.99")]
    left = [minor for minor in own if minor in allowed]
    if left == own or not allowed:
        return python
    kept = left or allowed[:1]
    return f">=3.{kept[0]},<3.{kept[-1] + 1}"


def require_release_name(name: str) -> str:
    """Return the name; raises UsageError unless it is like `2027.1` or `xena`."""
    if _NAME.fullmatch(name) is None:
        raise UsageError(
            f"{name!r} is not the name of a release",
            hint="a year and a number, such as 2027.1, or an old alphabetical name",
        )
    return name


def nearest_release(name: str, others: Collection[str]) -> str:
    """Choose the newest older release, else the oldest newer one; `others` must hold one."""
    older = [one for one in others if release_order(one) < release_order(name)]
    return max(older, key=release_order) if older else min(others, key=release_order)


def parse_move(text: str, pinned: Collection[str] = PATCHED_DISTRIBUTIONS) -> tuple[str, str]:
    """Read `nova=34.0.1`, in any spelling of the name, as (distribution, version).

    `pinned` are the published names of what can be pinned. Raises UsageError when it is something
    else, or names another distribution.
    """
    from packaging.version import InvalidVersion, Version

    name, _, version = text.partition("=")
    published = {normalised_name(one): one for one in pinned}
    try:
        Version(version)
    except InvalidVersion as error:
        raise UsageError(f"{text!r} is not a pin", hint="--pin nova=34.0.1") from error
    if normalised_name(name) not in published:
        raise UsageError(f"a release does not pin {name}", hint=f"it pins {', '.join(pinned)}")
    return published[normalised_name(name)], version


def find_constrained(
    constraints: bytes, where: str, python: str, pinned: Iterable[str] = PATCHED_DISTRIBUTIONS
) -> dict[str, str]:
    """Give the version of each pinned distribution that upper-constraints fix, on Linux.

    `python` is two numbers. Services are not in them, so that nova is never found. Raises
    ReleaseError for what is not a requirement.
    """
    wanted = {normalised_name(one): one for one in pinned}
    found = {}
    for number, line in _lines(constraints, where):
        name = _name_of(line, f"{where}:{number}")
        if name in wanted:
            requirement = parse_requirement(line)
            marker = requirement.marker
            if marker is None or marker.evaluate(
                dict(MarkerEnvironment("Linux", python).variables())
            ):
                (specifier,) = requirement.specifier
                found[wanted[name]] = specifier.version
    return found


def render_constraints(constraints: bytes, where: str, name: str) -> bytes:
    """Give a release's upper-constraints.txt: sorted by name, without what is pinned otherwise.

    Lines in this form already come out as they are. Raises ReleaseError for what is not a
    requirement.
    """
    kept = [
        (key, line)
        for number, line in _lines(constraints, where)
        if (key := _name_of(line, f"{where}:{number}")) not in _LEFT_OUT
    ]
    body = "".join(f"{line}\n" for _, line in sorted(kept, key=lambda one: one[0]))
    return (_CONSTRAINTS_HEADER.format(name=name) + body).encode()


def render_requirements(requirements: bytes, pins: Iterable[Pin], more: Iterable[str]) -> bytes:
    """Give a requirements.in with these pins instead of its own, and more lines at its end.

    Other lines keep their bytes; a line of `more` that is there already is not added.
    """
    text = requirements.decode()
    for pin in pins:
        line = rf"^{re.escape(pin.distribution)}==[^\s;]+"
        text, count = re.subn(line, f"{pin.distribution}=={pin.version}", text, flags=re.M)
        if not count:
            text += f"{pin.distribution}=={pin.version}\n"
    present = text.splitlines()
    return (text + "".join(f"{one}\n" for one in more if one not in present)).encode()


def render_release(release: Release) -> bytes:
    """Give the release.toml of a release: `parse_release(render_release(r), r.name) == r`."""
    lines = [f"codename = {_quoted(release.codename)}", f"python = {_quoted(release.python)}"]
    for pin in release.pins:
        key = pin.distribution if "." not in pin.distribution else _quoted(pin.distribution)
        lines += ["", f"[pins.{key}]"]
        values: Mapping[str, str] = {
            "version": pin.version,
            "wheel": pin.wheel,
            "sha256": pin.sha256,
        }
        lines += [f"{name} = {_quoted(value)}" for name, value in values.items()]
        if pin.fits:
            lines.append(f"fits = {_quoted(pin.fits)}")
    for role in release.roles:
        lines += ["", f"[roles.{role.name}]"]
        lines += [f"python = {_quoted(role.python)}"] if role.python else []
        lines += ["distributions = [", *(f"    {_quoted(d)}," for d in role.distributions), "]"]
    return ("\n".join(lines) + "\n").encode()


def edit_release(data: bytes, release: Release) -> bytes:
    """Put a release's values into a release.toml that is here; comments and order stay.

    It must hold the same distributions.
    """
    import tomlkit

    document: Any = tomlkit.parse(data.decode())
    document["codename"] = release.codename
    document["python"] = release.python
    for pin in release.pins:
        table = document["pins"][pin.distribution]
        table["version"], table["wheel"], table["sha256"] = pin.version, pin.wheel, pin.sha256
    return tomlkit.dumps(document).encode()


def _quoted(text: str | tuple[str, ...]) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)  # TOML's basic strings and arrays


def _lines(data: bytes, where: str) -> list[tuple[int, str]]:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise ReleaseError("the constraints are not UTF-8", where=where) from error
    found = [
        (number, re.sub(r"(^|\s)#.*", "", line).strip())
        for number, line in enumerate(text.splitlines(), 1)
    ]
    found = [(number, line) for number, line in found if line]
    if not found:
        raise ReleaseError("there are no constraints in it", where=where)
    return found


def _name_of(line: str, where: str) -> str:
    from packaging.requirements import InvalidRequirement

    try:
        return normalised_name(parse_requirement(line).name)
    except InvalidRequirement as error:
        raise ReleaseError("not a constraint", where=where) from error
