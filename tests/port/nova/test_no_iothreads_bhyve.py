"""Checks of nova/no-iothreads-bhyve.patch: which guests are promised an IOThread."""

import guest_recipe
import pytest

pytestmark = pytest.mark.patch("nova/no-iothreads-bhyve.patch")


@pytest.mark.on_freebsd
def test_a_bhyve_guest_is_promised_no_iothread(driver_for):
    guest = guest_recipe.make_guest(driver_for("bhyve"))
    assert guest_recipe.find(guest, "./iothreads") == []


@pytest.mark.on_linux
def test_on_linux_a_guest_has_its_iothread_as_before(driver_for):
    guest = guest_recipe.make_guest(driver_for("parallels"))
    assert [element.text for element in guest_recipe.find(guest, "./iothreads")] == ["1"]
