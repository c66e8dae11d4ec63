"""oslo_privsep.capabilities says when there are no capabilities, and still uses Linux's."""

import ctypes
import platform

import pytest
from oslo_privsep import capabilities

PATCH = pytest.mark.patch("oslo.privsep/privsep-capabilities-optional.patch")

PR_GET_KEEPCAPS = 7


@PATCH
@pytest.mark.on_freebsd
def test_there_is_no_library_to_call():
    assert capabilities.crt is None


@PATCH
@pytest.mark.on_freebsd
@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("set_keepcaps", (True,)),
        ("set_keepcaps", (False,)),
        ("drop_all_caps_except", ([], [], [])),
        ("get_caps", ()),
    ],
)
def test_using_capabilities_raises_a_typed_error_that_names_the_system(function, arguments):
    with pytest.raises(NotImplementedError, match=platform.system()) as caught:
        getattr(capabilities, function)(*arguments)
    assert type(caught.value) is capabilities.CapabilitiesNotSupported


@PATCH
@pytest.mark.on_linux
def test_linux_reads_and_sets_the_capabilities_of_the_process():
    with open("/proc/self/status") as stream:
        status = dict(line.split(":", 1) for line in stream)
    masks = [int(status[name], 16) for name in ("CapEff", "CapPrm", "CapInh")]

    caps = capabilities.get_caps()
    assert [sum(1 << cap for cap in some) for some in caps] == masks

    capabilities.drop_all_caps_except(*caps)
    assert capabilities.get_caps() == caps


@PATCH
@pytest.mark.on_linux
@pytest.mark.parametrize("enable", [True, False])
def test_linux_sets_the_keep_capabilities_flag(enable):
    prctl = ctypes.CDLL(None).prctl
    try:
        capabilities.set_keepcaps(enable)
        assert prctl(PR_GET_KEEPCAPS) == int(enable)
    finally:
        capabilities.set_keepcaps(False)
