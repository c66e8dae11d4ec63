"""The metadata of a guest: its title, its description, and elements by their namespace."""

import xml.etree.ElementTree as ET

from .constants import CONSTANTS
from .errors import error

NAMES = {
    CONSTANTS["VIR_DOMAIN_METADATA_DESCRIPTION"]: "description",
    CONSTANTS["VIR_DOMAIN_METADATA_TITLE"]: "title",
}


def read(root, kind, uri):
    """The text or the element; raises VIR_ERR_NO_DOMAIN_METADATA when it is not there."""
    found = root.find(NAMES[kind]) if kind in NAMES else _find(root, uri)
    if found is None:
        raise error("VIR_ERR_NO_DOMAIN_METADATA", "Requested metadata element is not present")
    return found.text if kind in NAMES else ET.tostring(found, encoding="unicode")


def write(root, kind, value, key, uri):
    """Set it, or take it away with None."""
    parent = root
    if kind in NAMES:
        old, new = root.find(NAMES[kind]), ET.Element(NAMES[kind])
        new.text = value
    else:
        parent = root.find("metadata")
        if parent is None:
            parent = ET.SubElement(root, "metadata")
        ET.register_namespace(key, uri)
        old, new = _find(root, uri), None if value is None else ET.fromstring(value)
        if new is not None and not new.tag.startswith("{"):
            new.tag = "{%s}%s" % (uri, new.tag)
    if old is not None:
        parent.remove(old)
    if value is not None:
        parent.append(new)


def _find(root, uri):
    return next((e for e in root.iterfind("metadata/*") if e.tag.startswith("{%s}" % uri)), None)
