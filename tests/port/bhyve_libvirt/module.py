"""The module libvirt, for nova to find in place of libvirt-python."""

import types

from .connection import Connection
from .constants import CONSTANTS
from .domain import Domain
from .errors import LibvirtError, error


def make_libvirt(connection=None):
    """A module that knows one URI, bhyve:///system; `opened` lists the URIs asked for."""
    connection = connection or Connection()
    module = types.ModuleType("libvirt")
    vars(module).update(CONSTANTS)
    module.libvirtError = LibvirtError
    module.virConnect = Connection
    module.virDomain = Domain
    module.virNodeDevice = type("virNodeDevice", (), {})
    module.virSecret = type("virSecret", (), {})
    module.opened = []

    def open_auth(uri, auth, flags=0):
        module.opened.append(uri)
        _require_uri(uri)
        return connection

    module.openAuth = open_auth
    module.getVersion = connection.getLibVersion
    module.registerErrorHandler = lambda handler, context: None
    module.virEventRegisterDefaultImpl = lambda: 0
    module.virEventRunDefaultImpl = connection.driver.loop.run_once
    return module


def _require_uri(uri):
    scheme, _, rest = uri.partition("://")
    if scheme != "bhyve":
        raise error("VIR_ERR_NO_CONNECT", uri)
    if rest != "/system":
        words = "Unexpected bhyve URI path '{}', try bhyve:///system".format(rest)
        raise error("VIR_ERR_INTERNAL_ERROR", words)
