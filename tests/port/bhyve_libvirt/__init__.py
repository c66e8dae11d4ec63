"""A stand-in for libvirt-python on bhyve:///system, with the face of libvirt's bhyve driver.

What the driver has works; what it lacks raises libvirtError with VIR_ERR_NO_SUPPORT; what
libvirt-python lacks is an AttributeError. A guest is a description and a state, not a process:
starting one builds the command lines that the driver would run, refuses what it refuses, and
reads the first bytes of the guest's disks.

Modelled on libvirt 11.3 (src/bhyve), with the API and the numbers of libvirt-python 9.0. Where
the driver ignores something that a guest would miss, the stand-in refuses it and says so: see
ignored.py.
"""

from .connection import Connection
from .driver import Driver
from .errors import LibvirtError
from .module import make_libvirt

__all__ = ["Connection", "Driver", "LibvirtError", "make_libvirt"]
