"""Checks of nova/cpu-topology-bhyve.patch: the sockets, cores and threads of a bhyve guest."""

import guest_recipe
import pytest

pytestmark = pytest.mark.patch("nova/cpu-topology-bhyve.patch")


def cpu(driver, specs=None, **properties):
    """The <cpu> elements of a guest with 2 CPUs, as text."""
    image = guest_recipe.make_image(**properties)
    instance = guest_recipe.make_instance(image, specs)
    config = driver._get_guest_cpu_config(instance.flavor, image, None, None)
    return None if config is None else config.to_xml(pretty_print=False)


def topology(sockets, cores, threads):
    place = 'sockets="{}" cores="{}" threads="{}"'.format(sockets, cores, threads)
    return '<cpu match="exact"><topology {}/></cpu>'.format(place)


@pytest.mark.on_freebsd
def test_each_cpu_is_a_socket_unless_someone_says_otherwise(driver_for):
    assert cpu(driver_for("bhyve")) == topology(2, 1, 1)


@pytest.mark.on_freebsd
@pytest.mark.parametrize(
    ("specs", "properties"),
    [
        ({"hw:cpu_sockets": "1", "hw:cpu_threads": "1"}, {}),
        ({"hw:cpu_max_sockets": "1"}, {}),
        ({}, {"hw_cpu_cores": 2}),
    ],
)
def test_a_flavor_or_an_image_says_what_the_topology_is(specs, properties, driver_for):
    assert cpu(driver_for("bhyve"), specs, **properties) == topology(1, 2, 1)


@pytest.mark.on_freebsd
def test_the_instance_keeps_the_topology_and_no_model(driver_for):
    driver = driver_for("bhyve")
    instance = guest_recipe.make_instance(guest_recipe.make_image())
    image = guest_recipe.make_image()
    config = driver._get_guest_cpu_config(instance.flavor, image, None, None)
    kept = driver._cpu_config_to_vcpu_model(config, None)
    assert (kept.model, kept.mode) == (None, None)
    assert (kept.topology.sockets, kept.topology.cores, kept.topology.threads) == (2, 1, 1)


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["lxc", "parallels"])
def test_on_linux_the_virt_types_without_models_still_have_no_cpu(virt_type, driver_for):
    assert cpu(driver_for(virt_type), {"hw:cpu_sockets": "1"}) is None


@pytest.mark.on_linux
@pytest.mark.parametrize("virt_type", ["kvm", "qemu"])
def test_on_linux_qemu_has_its_mode_and_topology_as_before(virt_type, driver_for):
    found = cpu(driver_for(virt_type), {"hw:cpu_sockets": "1"})
    assert found == topology(1, 2, 1).replace("match", 'mode="host-model" match')
