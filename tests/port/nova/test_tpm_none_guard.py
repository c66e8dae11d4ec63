"""Checks of nova/tpm-none-guard.patch: a host whose capabilities say nothing of a TPM."""

import pytest

pytestmark = pytest.mark.patch("nova/tpm-none-guard.patch")

TPM = """
    <tpm supported='%s'>
      <enum name='model'><value>tpm-tis</value></enum>
      <enum name='backendModel'><value>emulator</value></enum>
      %s
    </tpm>
  </devices>"""
VERSIONS = "<enum name='backendVersion'><value>2.0</value></enum>"


@pytest.fixture
def with_tpm(connection, monkeypatch):
    """Add a <tpm> to the domain capabilities: with_tpm(whether it is supported, its versions)."""

    def describe(supported, versions):
        xml = connection.getDomainCapabilities(None, None, None, "bhyve", 0)
        assert "<tpm" not in xml
        xml = xml.replace("</devices>", TPM % (supported, versions))
        monkeypatch.setattr(connection, "getDomainCapabilities", lambda *args: xml)

    return describe


def answers(host):
    """What the host says of its TPM: supported, versions, models."""
    return host.supports_vtpm, host.tpm_versions, host.tpm_models


@pytest.fixture
def on_bhyve(option):
    """Options of a bhyve host that asks for vTPMs."""
    option("libvirt", "virt_type", "bhyve")
    option("libvirt", "swtpm_enabled", True)


@pytest.mark.on_freebsd
def test_a_bhyve_host_has_no_tpm(on_bhyve, bhyve_host):
    assert answers(bhyve_host) == (False, [], [])


@pytest.mark.on_freebsd
def test_with_swtpm_enabled_a_bhyve_host_reports_no_trait_of_a_tpm(make_driver, option):
    option("libvirt", "swtpm_enabled", True)
    traits = make_driver("bhyve").static_traits
    names = {"COMPUTE_SECURITY_TPM_" + what for what in ("1_2", "2_0", "TIS", "CRB")}
    assert {name for name in names if traits[name]} == set()


@pytest.mark.on_freebsd
def test_the_service_refuses_swtpm_on_bhyve_at_its_start(make_driver, option):
    from nova import exception

    option("libvirt", "swtpm_enabled", True)
    with pytest.raises(exception.InvalidConfiguration, match="found 'bhyve'"):
        make_driver("bhyve")._check_vtpm_support()


@pytest.mark.on_linux
@pytest.mark.parametrize(
    ("supported", "versions", "expected"),
    [
        ("yes", VERSIONS, (True, ["2.0"], ["tpm-tis"])),
        ("yes", "", (True, None, ["tpm-tis"])),
        ("no", "", (False, None, ["tpm-tis"])),
    ],
)
def test_on_linux_the_capabilities_decide(
    supported, versions, expected, with_tpm, option, bhyve_host
):
    option("libvirt", "virt_type", "kvm")
    with_tpm(supported, versions)
    assert answers(bhyve_host) == expected
