"""What libvirt says of a bhyve host and of the guests it can have."""

from .versions import RNG

FIRMWARE_DIRECTORY = "/usr/local/share/uefi-firmware"

# What virBhyveCapsBuild makes of an 8-thread host: one socket of 8 cores, and no <topology>
# of memory cells below <host>.
HOST = """
<capabilities>
  <host>
    <uuid>4f2d1c3e-6f0b-4f5c-9a9e-1d2b3c4d5e6f</uuid>
    <cpu>
      <arch>{arch}</arch>{model}
      <topology sockets='1' dies='1' cores='8' threads='1'/>{features}
    </cpu>
  </host>
  <guest>
    <os_type>hvm</os_type>
    <arch name='{arch}'>
      <wordsize>64</wordsize>
      <emulator>bhyve</emulator>
      <domain type='bhyve'/>
    </arch>
  </guest>
</capabilities>
"""

CAPABILITIES = HOST.format(
    arch="x86_64",
    model="\n      <model>Broadwell-noTSX-IBRS</model>\n      <vendor>Intel</vendor>",
    features="\n      <feature name='vmx'/>",
)

# Libvirt's driver knows no model of an arm64 CPU.
ARM64_CAPABILITIES = HOST.format(arch="aarch64", model="", features="")

# What virBhyveDomainCapsFill makes of a host with firmware, a framebuffer and virtio-rnd.
DOMAIN_CAPABILITIES = """
<domainCapabilities>
  <path>{emulator}</path>
  <domain>bhyve</domain>
  <arch>{arch}</arch>
  <os supported='yes'>
{loader}
  </os>
  <cpu>
    <mode name='host-passthrough' supported='no'/>
    <mode name='maximum' supported='no'/>
    <mode name='host-model' supported='no'/>
    <mode name='custom' supported='no'/>
  </cpu>
  <devices>
    <disk supported='yes'>
      <enum name='diskDevice'><value>disk</value><value>cdrom</value></enum>
      <enum name='bus'><value>virtio</value><value>sata</value></enum>
      <enum name='model'/>
    </disk>
{screen}
    <hostdev supported='no'/>
{rng}
  </devices>
  <features>
    <gic supported='no'/>
    <vmcoreinfo supported='no'/>
    <genid supported='no'/>
  </features>
</domainCapabilities>
"""


# bhyve on arm64 boots what -o bootrom names, has no LPC bus for it, and no framebuffer.
NO_LOADER = "    <loader supported='no'/>"
NO_SCREEN = "    <graphics supported='no'/>\n    <video supported='no'/>"

LOADER = """    <loader supported='yes'>
{firmwares}
      <enum name='type'><value>pflash</value></enum>
      <enum name='readonly'><value>yes</value></enum>
    </loader>"""

SCREEN = """    <graphics supported='yes'><enum name='type'><value>vnc</value></enum></graphics>
    <video supported='yes'><enum name='modelType'><value>gop</value></enum></video>"""

RNG_DEVICES = """    <rng supported='yes'>
      <enum name='model'><value>virtio</value></enum>
      <enum name='backendModel'><value>random</value></enum>
    </rng>"""


def host_capabilities(arch):
    """Describe a host of this architecture."""
    return ARM64_CAPABILITIES if arch == "aarch64" else CAPABILITIES


def domain_capabilities(emulator, host):
    """Describe the guests of a host, with the firmware files that it has."""
    values = (
        "      <value>{}/{}</value>".format(FIRMWARE_DIRECTORY, name)
        for name in sorted(host.firmwares)
    )
    is_arm = host.arch == "aarch64"
    return DOMAIN_CAPABILITIES.format(
        emulator=emulator,
        arch=host.arch,
        loader=NO_LOADER if is_arm else LOADER.format(firmwares="\n".join(values)),
        screen=NO_SCREEN if is_arm else SCREEN,
        rng=RNG_DEVICES if host.version >= RNG else "",
    )
