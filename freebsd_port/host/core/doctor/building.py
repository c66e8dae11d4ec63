"""What pip compiles on this host, with what, and which packages of FreeBSD spare that.

The table is by distribution, so that each release needs what its own lock has. Source: the
projects' own build instructions; docs/releases.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from freebsd_port.host.core.diagnosis import Diagnosis, doubtful, good, lacks
from freebsd_port.host.core.recording import Questions, Recording

AREA = "building"


@dataclass(frozen=True, slots=True)
class Compiled:
    """What no index has a wheel of for FreeBSD, in one release's lock."""

    release: str
    pythons: tuple[str, ...]
    """Of the release's range, as two numbers each."""

    versions: Mapping[str, str]
    """By normalised name, as the lock has them."""


@dataclass(frozen=True, slots=True)
class Tool:
    """Something that compilers need, and for which distributions."""

    what: str
    file: str
    package: str
    builds: tuple[str, ...]
    since: tuple[int, int] = (0, 0)
    """First version of these that needs it."""

    is_needed: bool = True
    """Whether they cannot be built without."""

    def is_for(self, version: str) -> bool:
        """Tell whether this version needs it."""
        return tuple(int(part) for part in version.split(".")[:2]) >= self.since


TOOLS = (
    Tool("rust", "/usr/local/bin/cargo", "rust", ("bcrypt", "cryptography", "rpds-py")),
    Tool("libxml2", "/usr/local/bin/xml2-config", "libxml2", ("lxml",)),
    Tool("libxslt", "/usr/local/bin/xslt-config", "libxslt", ("lxml",)),
    Tool("libffi", "/usr/local/include/ffi.h", "libffi", ("cffi",)),
    Tool("pkgconf", "/usr/local/bin/pkgconf", "pkgconf", ("cffi", "lxml")),
    Tool("ninja", "/usr/local/bin/ninja", "ninja", ("numpy",), since=(1, 26)),
    Tool("libyaml", "/usr/local/include/yaml.h", "libyaml", ("pyyaml",), is_needed=False),
)
_SEES = "VIRTUALENV_SYSTEM_SITE_PACKAGES=yes"
"""What makes virtualenv let an environment see the packages of the system's Python."""


def _interpreter(python: str) -> str:
    return f"/usr/local/bin/python{python}"


def _packages(compiled: Compiled, python: str) -> dict[str, str]:
    """Give FreeBSD's name of each compiled distribution, for one Python."""
    prefix = f"py{python.replace('.', '')}"
    return {f"{prefix}-{name}": name for name in compiled.versions}


def _catalogues(compiled: Compiled) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the questions for what is installed, and for what could be."""
    names = tuple(name for one in compiled.pythons for name in _packages(compiled, one))
    return ("pkg", "query", "%n %v", *names), ("pkg", "rquery", "-U", "%n %v", *names)


def questions(environment: str, compiled: Compiled) -> Questions:
    """Say what is to be asked."""
    files = (*(tool.file for tool in TOOLS), *map(_interpreter, compiled.pythons))
    catalogues = _catalogues(compiled) if compiled.versions else ()
    return Questions(catalogues, (*files, f"{environment}/bin/python"))


def judge(host: Recording, environment: str, compiled: Compiled) -> Iterator[Diagnosis]:
    """Judge what was answered. Where there is an environment, all is built."""
    if host.has(f"{environment}/bin/python"):
        return
    installed, offered = (_fitting(host, one, compiled) for one in _catalogues(compiled))
    spared = set(installed.values())
    for tool in TOOLS:
        left = [
            name
            for name in tool.builds
            if name not in spared and tool.is_for(compiled.versions.get(name, "-1"))
        ]
        if left and host.has(tool.file):
            yield good(AREA, tool.what, tool.file)
        elif left:
            say = lacks if tool.is_needed else doubtful
            purpose = f"compiles {', '.join(left)} of {compiled.release}"
            yield say(AREA, tool.what, purpose, f"pkg install {tool.package}")
    for package, name in installed.items():
        detail = f"{name} {compiled.versions[name]} is not compiled where {_SEES} is set"
        yield good(AREA, package, detail)
    for package, name in offered.items():
        if name not in spared:
            detail = f"has {name} as the lock does, {compiled.versions[name]}; spares its build"
            cure = f"pkg install {package}, then {_SEES} make patch VENV={environment}"
            yield doubtful(AREA, package, detail, cure)


def _fitting(host: Recording, question: tuple[str, ...], compiled: Compiled) -> dict[str, str]:
    """Find packages for a Python of this host that have the locked version: what each brings.

    pkg(8) fails as soon as one name is unknown, and prints the others all the same.
    """
    ran = host.run(*question)
    rows = [line.split() for line in ran.output.splitlines()] if ran is not None else []
    versions = {row[0]: row[1].split("_")[0].split(",")[0] for row in rows if len(row) == 2}
    return {
        package: name
        for python in compiled.pythons
        if host.has(_interpreter(python))
        for package, name in _packages(compiled, python).items()
        if versions.get(package) == compiled.versions[name]
    }
