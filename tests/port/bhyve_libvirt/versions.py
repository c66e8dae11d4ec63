"""Since which libvirt its bhyve driver does what, as libvirt counts: 11.3.0 is 11003000.

Sources: the drivers of 9.0.0 and 11.3.0; libvirt's release notes up to 12.5.0; the comments in the
driver's table of functions; and its files in the states before 12.0.0, 12.4.0 and 12.5.0.
"""

DEFAULT, NEWEST = 11003000, 12005000
"""What the stand-in is unless it is told: the newest that was read as a whole; on arm64, which
that does not know, the newest of all."""

RNG = NETWORK_NAMES = 11003000
"""Random numbers; a refused interface is named by its type and no longer by its number."""

SERIAL_OVER_TCP = 11006000
"""bhyve serves a serial port over TCP, and there may be four ports."""

NVRAM = STATISTICS = 11007000
"""A guest with firmware='efi' has an NVRAM file, without which it does not start. In which
release undefine began to ask for it was not found out: the stand-in does from here on, because no
earlier one makes a file that nova did not ask for."""

PCI_DEVICES = 11010000
ARM64 = SLIRP = 12000000
ARM64_LOADER = CPU_PINNING = 12001000
CHANNELS = 12004000

SMBIOS = AGENT_CALLS = FEW_OPTIONS = 12005000
"""SMBIOS fields; passwords and time through the guest agent. In the state before this release -I
is never given to bhyve, and -A only to one that knows it; the first release was not found out."""

FUNCTIONS = {
    "blockStats": STATISTICS,
    "interfaceStats": STATISTICS,
    "memoryStats": STATISTICS,
    "maxVcpus": CPU_PINNING,
    "vcpusFlags": CPU_PINNING,
    "setUserPassword": AGENT_CALLS,
    "setTime": AGENT_CALLS,
    "getTime": AGENT_CALLS,
}
"""Functions of a domain that older drivers lack."""
