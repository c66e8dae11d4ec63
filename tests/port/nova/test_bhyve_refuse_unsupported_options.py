"""Checks of nova/bhyve-refuse-unsupported-options.patch: which options stop nova-compute."""

import importlib.util

import any_release
import pytest

pytestmark = pytest.mark.patch("nova/bhyve-refuse-unsupported-options.patch")

# Group, name, value, and the value that the message asks for.
UNSUPPORTED = [
    ("libvirt", "images_type", "qcow2", "raw"),
    ("libvirt", "images_type", "lvm", "raw"),
    ("libvirt", "images_type", "rbd", "raw"),
    ("libvirt", "images_type", "ploop", "raw"),
    ("libvirt", "images_type", "default", "raw"),
    ("DEFAULT", "force_raw_images", False, "True"),
    ("DEFAULT", "config_drive_format", "vfat", "iso9660"),
    ("ephemeral_storage_encryption", "enabled", True, "False"),
    ("libvirt", "inject_partition", -1, "-2"),
    ("libvirt", "cpu_power_management", True, "False"),
    ("libvirt", "cpu_model_extra_flags", "+ssbd, -rtm", ""),
    ("libvirt", "enabled_perf_events", "cpu_clock, cache_misses", ""),
    ("compute", "cpu_dedicated_set", "2-3", ""),
    ("spice", "enabled", True, "False"),
]

SUPPORTED = [
    {},
    {("libvirt", "images_type"): "flat"},
    {("libvirt", "images_type"): "default", (None, "use_cow_images"): False},
    {("vnc", "enabled"): False},
    {("serial_console", "enabled"): True},
    {("compute", "cpu_shared_set"): "0-3"},
    {(None, "preallocate_images"): "space"},
    {("libvirt", "snapshot_image_format"): "qcow2"},
    {("libvirt", "cpu_mode"): "none"},
    {("libvirt", "hw_machine_type"): ["x86_64=q35"]},
    {("libvirt", "volume_use_multipath"): True},
    {("libvirt", "num_pcie_ports"): 8},
]


@pytest.fixture(autouse=True)
def no_event_threads(monkeypatch):
    """Keep the driver from waiting for events, in threads that nothing here would end."""
    from nova.virt.libvirt import host

    monkeypatch.setattr(host.Host, "initialize", lambda self: None)


@pytest.fixture
def unpowered_cpus(monkeypatch):
    """Leave the CPUs of this machine alone, where nova would switch them on and off."""
    if importlib.util.find_spec("nova.virt.libvirt.cpu") is not None:
        from nova.virt.libvirt.cpu import api

        monkeypatch.setattr(api.API, "power_down_all_dedicated_cpus", lambda self: None)
        monkeypatch.setattr(api.API, "validate_all_dedicated_cpus", lambda self: None)


def unsupported():
    """Those of UNSUPPORTED that this release of nova has."""
    return [row for row in UNSUPPORTED if any_release.has_option(*row[:2])]


def require_option(group, name):
    """Skip the check where this release of nova has no such option."""
    if not any_release.has_option(group, name):
        pytest.skip("this nova has no option [{}] {}".format(group, name))


@pytest.fixture
def start(make_driver, option, command, no_instances):
    """Start the driver as the service does: start(virt_type, {(group, name): value})."""
    command("uptime", "echo up 3 days")

    def init_host(virt_type, options):
        driver = make_driver(virt_type)
        for (group, name), value in options.items():
            option(None if group == "DEFAULT" else group, name, value)
        driver.init_host("bhyve1.example.org")

    return init_host


@pytest.mark.on_freebsd
@pytest.mark.parametrize("options", SUPPORTED, ids=str)
def test_a_configuration_that_works_with_bhyve_starts(options, start):
    start("bhyve", options)


@pytest.mark.on_freebsd
@pytest.mark.parametrize(("group", "name", "value", "cure"), UNSUPPORTED)
def test_an_option_is_refused_with_its_value_and_the_cure(group, name, value, cure, start):
    from nova import exception

    require_option(group, name)
    with pytest.raises(exception.InvalidConfiguration) as caught:
        start("bhyve", {(group, name): value})
    assert str(caught.value) == (
        "'[libvirt] virt_type = bhyve' does not support: '[{}] {} = {}', set it to '{}'".format(
            group, name, value, cure
        )
    )


@pytest.mark.on_freebsd
@pytest.mark.on_amd64
@pytest.mark.parametrize(
    ("libvirt_version", "freebsd_version", "is_refused"),
    [
        (11006000, 15000000, False),
        (12005000, 16001000, False),
        (11005999, 15000000, True),
        (11006000, 14999999, True),
    ],
)
def test_consoles_of_bhyve_need_both_a_libvirt_and_a_freebsd_that_have_them(
    libvirt_version, freebsd_version, is_refused, start, connection, monkeypatch
):
    from nova import exception

    connection.driver.version = libvirt_version
    monkeypatch.setattr(connection, "getVersion", lambda: freebsd_version)
    options = {("libvirt", "bhyve_tcp_console"): True}
    if not is_refused:
        start("bhyve", options)
        return
    with pytest.raises(exception.InvalidConfiguration) as caught:
        start("bhyve", options)
    assert str(caught.value).endswith(": '[libvirt] bhyve_tcp_console = True', set it to 'False'")


@pytest.mark.on_freebsd
def test_the_cures_work(start):
    cured = {(group, name): cure for group, name, _, cure in unsupported()}
    start("bhyve", {key: {"True": True, "False": False}.get(v, v) for key, v in cured.items()})


@pytest.mark.on_freebsd
def test_the_defaults_of_nova_are_not_enough(make_driver):
    import nova.conf
    from nova import exception

    driver = make_driver("bhyve")
    nova.conf.CONF.clear_override("images_type", "libvirt")
    with pytest.raises(exception.InvalidConfiguration, match="images_type = default', set it"):
        driver.init_host("bhyve1.example.org")


@pytest.mark.on_freebsd
def test_all_findings_are_in_one_message(start):
    from nova import exception

    every = {(group, name): value for group, name, value, _ in unsupported()}
    with pytest.raises(exception.InvalidConfiguration) as caught:
        start("bhyve", every)
    found = str(caught.value).partition("support: ")[2].split("; ")
    assert [text.split(" = ")[0] for text in found] == [
        "'[{}] {}".format(group, name) for group, name in every
    ]


@pytest.mark.on_freebsd
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("cpu_mode", "host-passthrough", "does not support selecting CPU models"),
        ("cpu_models", ["Haswell"], "cpu_models option is not required"),
        ("swtpm_enabled", True, "vTPM support requires"),
        ("file_backed_memory", 1048576, "file_backed_memory and virt_type bhyve"),
    ],
)
def test_upstreams_own_checks_stop_for_the_others(name, value, message, start):
    from nova import exception

    with pytest.raises((exception.Invalid, exception.InternalError), match=message):
        start("bhyve", {("libvirt", name): value})


@pytest.mark.on_linux
@pytest.mark.parametrize(("group", "name", "value", "cure"), UNSUPPORTED)
def test_kvm_starts_with_these_options_as_before(
    group, name, value, cure, start, qemu, unpowered_cpus
):
    require_option(group, name)
    qemu()
    start("qemu", {(group, name): value})
