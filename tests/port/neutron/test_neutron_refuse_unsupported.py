"""Agents that are made of network namespaces, where there are none."""

import importlib
import types
from unittest import mock

import pytest
from neutron.agent.linux import utils

pytestmark = pytest.mark.patch("neutron/neutron-refuse-unsupported.patch")

AGENTS = {
    "neutron.agent.l3_agent": "neutron-l3-agent",
    "neutron.agent.dhcp_agent": "neutron-dhcp-agent",
    "neutron.services.metering.agents.metering_agent": "neutron-metering-agent",
    "neutron.plugins.ml2.drivers.mech_sriov.agent.sriov_nic_agent": "neutron-sriov-nic-agent",
    "neutron.agent.ovn.metadata_agent": "neutron-ovn-metadata-agent",
    "neutron.agent.ovn.ovn_neutron_agent": "neutron-ovn-agent",
}


class StartedError(Exception):
    """The agent went on."""


@pytest.fixture
def start(monkeypatch):
    """A function that runs an agent's main up to where it starts its privileged daemon."""

    def start(name):
        module = importlib.import_module(name)
        for attribute, value in list(vars(module).items()):
            is_kept = value is utils or attribute in ("constants", "n_constants", "sys")
            if isinstance(value, types.ModuleType) and not is_kept:
                stub = mock.MagicMock()
                stub.setup_privsep.side_effect = StartedError
                monkeypatch.setattr(module, attribute, stub)
        module.main()

    return start


@pytest.mark.on_freebsd
@pytest.mark.parametrize("module", AGENTS)
def test_an_agent_ends_at_its_start_with_one_message(start, module):
    with pytest.raises(SystemExit) as ended:
        start(module)
    assert ended.value.code == (
        AGENTS[module] + " needs network namespaces, which this system does not have"
    )


@pytest.mark.on_linux
@pytest.mark.parametrize("module", AGENTS)
def test_linux_has_namespaces_and_starts_every_agent(start, module):
    with pytest.raises(StartedError):
        start(module)
