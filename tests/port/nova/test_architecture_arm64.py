"""Checks of nova/architecture-arm64.patch: the name that FreeBSD has for its arm64 machines."""

import os
import types

import pytest

pytestmark = pytest.mark.patch("nova/architecture-arm64.patch")


@pytest.fixture
def machine(monkeypatch):
    """Have uname(3) name this machine."""

    def name(text):
        monkeypatch.setattr(os, "uname", lambda: types.SimpleNamespace(machine=text))

    return name


@pytest.mark.on_freebsd
def test_a_guest_whose_image_names_no_architecture_has_that_of_the_host(machine):
    import guest_recipe
    from nova.virt.libvirt import utils

    machine("arm64")
    assert utils.get_arch(guest_recipe.make_image()) == "aarch64"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("arm64", "aarch64"), ("aarch64", "aarch64"), ("amd64", "x86_64"), ("i386", "i686")],
)
def test_arm64_is_one_more_name_of_a_known_architecture(machine, name, expected):
    from nova.objects import fields

    machine(name)
    assert fields.Architecture.from_host() == expected


def test_an_architecture_that_nova_does_not_know_is_refused_as_before():
    from nova import exception
    from nova.objects import fields

    with pytest.raises(exception.InvalidArchitectureName):
        fields.Architecture.canonicalize("arm65")
