"""Small wheels and projects for tests: real formats, a few bytes of content, no index."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from freebsd_port.openstack.core.release.release import PATCHED_DISTRIBUTIONS, Pin


def make_wheel(
    directory: Path,
    distribution: str,
    version: str = "1.0",
    *,
    requires: Sequence[str] = (),
    files: Mapping[str, bytes] | None = None,
) -> Pin:
    """Write a wheel with one module (or these files) and return its pin."""
    stem = distribution.replace(".", "_").replace("-", "_")
    module = {f"{stem}/__init__.py": f"version = {version!r}\n".encode()}
    metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {one}\n" for one in requires)
    dist_info = f"{stem}-{version}.dist-info"
    members = {
        **(module if files is None else files),
        f"{dist_info}/METADATA": metadata.encode(),
        f"{dist_info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},{_digest(data)},{len(data)}\n" for path, data in members.items())
    members[f"{dist_info}/RECORD"] = f"{record}{dist_info}/RECORD,,\n".encode()
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{stem}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return Pin(distribution, version, path.name, hashlib.sha256(path.read_bytes()).hexdigest())


def make_pins(directory: Path, version: str = "1.0") -> tuple[Pin, ...]:
    """Write one small wheel for each distribution that a release pins."""
    return tuple(make_wheel(directory, name, version) for name in PATCHED_DISTRIBUTIONS)


def save_release(
    root: Path, name: str, pins: Sequence[Pin], *, python: str = ">=3.8", others: Sequence[Pin] = ()
) -> None:
    """Write release.toml and requirements.txt of a release with these pins."""
    directory = root / "releases" / name
    directory.mkdir(parents=True, exist_ok=True)
    text = f'codename = "Test"\npython = "{python}"\n'
    for pin in pins:
        text += f'[pins."{pin.distribution}"]\nversion = "{pin.version}"\n'
        text += f'wheel = "{pin.wheel}"\nsha256 = "{pin.sha256}"\n'
    (directory / "release.toml").write_text(text)
    (directory / "requirements.in").write_text(
        "".join(f"{pin.distribution}=={pin.version}\n" for pin in pins)
    )
    (directory / "requirements.txt").write_text(
        "".join(
            f"{pin.distribution}=={pin.version} \\\n    --hash=sha256:{pin.sha256}\n"
            for pin in (*pins, *others)
        )
    )


def save_index(files: Path, index: Path, *, python: str = "", yanked: Sequence[str] = ()) -> None:
    """Write the pages of a package index over wheels in a directory; adds to pages there.

    `python` is what the files say they require, `yanked` are names of files.
    """
    for wheel in sorted(files.glob("*.whl")):
        page = index / wheel.name.split("-")[0].replace("_", "-") / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
        more = f' data-requires-python="{python.replace(">", "&gt;")}"' if python else ""
        more += ' data-yanked="broken"' if wheel.name in yanked else ""
        with page.open("a") as file:
            file.write(f'<a href="{wheel.as_uri()}#sha256={sha256}"{more}>{wheel.name}</a>\n')


def _digest(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"


def add_network_role(directory: Path, pin: Pin) -> None:
    """Give the release in a directory the role network: oslo.privsep, and this pin of neutron."""
    with (directory / "release.toml").open("a") as release:
        release.write(f"""[pins.neutron]
version = "{pin.version}"
wheel = "{pin.wheel}"
sha256 = "{pin.sha256}"
[roles.network]
distributions = ["oslo.privsep", "neutron"]
""")
