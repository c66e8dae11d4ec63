"""`export oci`: a patched environment as an OCI image layout, without a container engine."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.text.file import hash_bytes
from freebsd_port.engine.store.overlay.state import load_state
from freebsd_port.errors import PortError
from freebsd_port.openstack.core.release.oci_image import (
    CONFIG_TYPE,
    MANIFEST_TYPE,
    NO_BASE,
    PREFIX,
    Contents,
    render_config,
    render_index,
    render_manifest,
    render_unit,
)
from freebsd_port.openstack.ops.inspect.status import find_status_faults, read_status
from freebsd_port.openstack.ops.series import EnvironmentWorkspace
from freebsd_port.openstack.store.proof.own import own_machine, own_system
from freebsd_port.openstack.store.python.oci_layout import (
    begin_layout,
    end_layout,
    read_base,
    save_blob,
    write_layer,
)


class ImageError(PortError):
    """An environment that cannot become an image."""


@dataclass(frozen=True, slots=True)
class Image:
    """What was written."""

    directory: Path
    manifest: str
    """Digest, as registries show it."""

    layer: str
    unit: Path


def export_image(
    workspace: EnvironmentWorkspace, directory: Path, *, base: Path | None, python: str | None
) -> Image:
    """Write the layout of an environment to which exactly the series is applied.

    `base` is a layout whose image goes below; `python` is the Python there, by default the one of
    the environment's version in /usr/local/bin. Raises ImageError, and what the store raises.
    """
    environment = workspace.environment
    status = read_status(workspace)
    if environment.version is None:
        raise ImageError(
            "an image needs an environment with its own Python", where=str(environment.root)
        )
    if not status.is_complete:
        raise ImageError(
            f"the environment is not as the series leaves it: {find_status_faults(status)[0].what}",
            where=str(environment.root),
            hint="freebsd-port apply",
        )
    state = load_state(environment.packages)
    applied = "".join(f"{patch.sha256}  {patch.name}\n" for patch in state.patches)
    contents = Contents(
        release=state.release or "",
        version=workspace.target.versions().get("nova", ""),
        series=hash_bytes(applied.encode()),
        options=status.options,
        system=own_system(),
        machine=own_machine(),
    )
    minor = ".".join(environment.version.split(".")[:2])
    directory = directory.absolute()
    part = begin_layout(directory)
    try:
        blobs = part / "blobs/sha256"
        below = read_base(base, blobs) if base is not None else NO_BASE
        root = environment.root.absolute()
        layer = write_layer(root, PREFIX, python or f"/usr/local/bin/python{minor}", blobs)
        config = save_blob(blobs, CONFIG_TYPE, render_config(contents, layer.digest, below))
        text = render_manifest(config, (*below.layers, layer))
        manifest = save_blob(blobs, MANIFEST_TYPE, text)
        unit, unit_text = render_unit(contents)
        index = render_index(manifest, contents.release)
        end_layout(part, directory, {"index.json": index, unit: unit_text})
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return Image(directory, manifest.digest, layer.digest, directory / unit)
