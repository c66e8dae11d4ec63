"""What libvirt says of a bhyve host and of the guests it can have."""

FIRMWARE_DIRECTORY = "/usr/local/share/uefi-firmware"

# What virBhyveCapsBuild makes of an 8-thread host: one socket of 8 cores, and no <topology>
# of memory cells below <host>.
CAPABILITIES = """
<capabilities>
  <host>
    <uuid>4f2d1c3e-6f0b-4f5c-9a9e-1d2b3c4d5e6f</uuid>
    <cpu>
      <arch>x86_64</arch>
      <model>Broadwell-noTSX-IBRS</model>
      <vendor>Intel</vendor>
      <topology sockets='1' dies='1' cores='8' threads='1'/>
      <feature name='vmx'/>
    </cpu>
  </host>
  <guest>
    <os_type>hvm</os_type>
    <arch name='x86_64'>
      <wordsize>64</wordsize>
      <emulator>bhyve</emulator>
      <domain type='bhyve'/>
    </arch>
  </guest>
</capabilities>
"""

# What virBhyveDomainCapsFill makes of a host with firmware, a framebuffer and virtio-rnd.
DOMAIN_CAPABILITIES = """
<domainCapabilities>
  <path>{emulator}</path>
  <domain>bhyve</domain>
  <arch>x86_64</arch>
  <os supported='yes'>
    <loader supported='yes'>
{firmwares}
      <enum name='type'><value>pflash</value></enum>
      <enum name='readonly'><value>yes</value></enum>
    </loader>
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
    <graphics supported='yes'><enum name='type'><value>vnc</value></enum></graphics>
    <video supported='yes'><enum name='modelType'><value>gop</value></enum></video>
    <hostdev supported='no'/>
    <rng supported='yes'>
      <enum name='model'><value>virtio</value></enum>
      <enum name='backendModel'><value>random</value></enum>
    </rng>
  </devices>
  <features>
    <gic supported='no'/>
    <vmcoreinfo supported='no'/>
    <genid supported='no'/>
  </features>
</domainCapabilities>
"""


def domain_capabilities(emulator, firmwares):
    """Describe the guests of a host with these firmware files, by name in their directory."""
    values = (
        "      <value>{}/{}</value>".format(FIRMWARE_DIRECTORY, name) for name in sorted(firmwares)
    )
    return DOMAIN_CAPABILITIES.format(emulator=emulator, firmwares="\n".join(values))
