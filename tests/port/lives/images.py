"""Images for guests: what glance has of them, and their bytes."""

import io
import struct

MIB = 1 << 20
CLUSTER_BITS = 16
FREEBSD = b"FreeBSD/amd64 bootstrap loader"
LINUX = b"EFI/BOOT/BOOTX64.EFI"


def raw(mark, size=2 * MIB):
    """A raw disk of this size that starts with a mark at its second sector."""
    return bytes(512) + mark + bytes(size - 512 - len(mark))


def qcow2(content, size):
    """A qcow2 image, version 3, of the clusters of `content` that are not zero.

    Source: qemu, docs/interop/qcow2.txt.
    """
    cluster = 1 << CLUSTER_BITS
    chunks = [content[i : i + cluster] for i in range(0, len(content), cluster)]
    entries, data, place = [], b"", 3 * cluster
    for chunk in chunks:
        used = bool(chunk.strip(b"\0"))
        entries.append((1 << 63 | place) if used else 0)
        data += chunk.ljust(cluster, b"\0") if used else b""
        place += cluster if used else 0
    head = struct.pack(
        ">4sIQIIQIIQQIIQQQQII",
        b"QFI\xfb", 3, 0, 0, CLUSTER_BITS, size, 0, 1, cluster, 0, 0, 0, 0, 0, 0, 0, 4, 104,
    )  # fmt: skip
    level_1 = struct.pack(">Q", 1 << 63 | 2 * cluster)
    level_2 = struct.pack(">%dQ" % len(entries), *entries)
    return (
        head.ljust(cluster, b"\0")
        + level_1.ljust(cluster, b"\0")
        + level_2.ljust(cluster, b"\0")
        + data
    )


def register(glance, name, data, disk_format="raw", **properties):
    """Put an image into nova's stand-in for glance; give its id."""
    metadata = {
        "name": name,
        "status": "active",
        "disk_format": disk_format,
        "container_format": "bare",
        "size": len(data),
        "min_disk": 0,
        "min_ram": 0,
        "properties": dict(properties),
    }
    return glance.create(None, metadata, io.BytesIO(data))["id"]


def keep_uploads(glance):
    """Have the stand-in for glance keep what is uploaded, which it forgets; give it by image."""
    kept, update = {}, glance.update

    def keep(context, image_id, metadata, data=None, purge_props=False):
        if data is not None:
            kept[image_id] = data.read()
        return update(context, image_id, metadata, purge_props=purge_props)

    glance.update = keep
    return kept
