"""Checks of nova/conf-virt-type-bhyve.patch: the option takes bhyve, and nothing else is new."""

import pytest

pytestmark = pytest.mark.patch("nova/conf-virt-type-bhyve.patch")


def load_conf(directory, text):
    """The [libvirt] options as nova reads them from a file with this text."""
    import nova.conf.libvirt
    from oslo_config import cfg

    path = directory / "nova.conf"
    path.write_text(text)
    conf = cfg.ConfigOpts()
    nova.conf.libvirt.register_opts(conf)
    conf(args=[], default_config_files=[str(path)], default_config_dirs=[])
    return conf.libvirt


def virt_type_option():
    import nova.conf.libvirt

    (option,) = [o for o in nova.conf.libvirt.libvirt_general_opts if o.name == "virt_type"]
    return option


@pytest.mark.on_freebsd
def test_virt_type_bhyve_is_read_from_a_configuration_file(tmp_path):
    assert load_conf(tmp_path, "[libvirt]\nvirt_type = bhyve\n").virt_type == "bhyve"


@pytest.mark.on_freebsd
def test_the_help_of_virt_type_says_where_bhyve_is_to_be_had():
    assert "``bhyve`` is available on FreeBSD hosts only." in virt_type_option().help


@pytest.mark.on_linux
def test_the_types_of_linux_keep_their_order_and_kvm_stays_the_default(tmp_path):
    choices = list(virt_type_option().type.choices)
    assert choices == ["kvm", "lxc", "qemu", "parallels", "bhyve"]
    assert load_conf(tmp_path, "[libvirt]\n").virt_type == "kvm"


@pytest.mark.on_linux
def test_an_unknown_type_is_still_refused(tmp_path):
    from oslo_config import cfg

    options = load_conf(tmp_path, "[libvirt]\nvirt_type = xen\n")
    with pytest.raises(cfg.ConfigFileValueError, match="found 'xen'"):
        options.virt_type  # noqa: B018
