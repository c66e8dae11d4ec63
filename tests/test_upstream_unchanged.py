"""One of upstream's own suites for real, on the environment that make test names."""

import pytest
from proof import require_environment

from freebsd_port.engine.store.overlay.state import load_state
from freebsd_port.openstack.ops.proof.proof_record import find_upstream
from freebsd_port.openstack.ops.proof.upstream import compare_upstream
from freebsd_port.openstack.ops.series import open_environment
from freebsd_port.openstack.store.proof.own import own_system


@pytest.mark.skipif(own_system() != "Linux", reason="upstream's tests are for Linux")
@pytest.mark.long
@pytest.mark.timeout(900)
def test_oslo_privseps_own_tests_pass_as_before_and_more_than_once_is_cheaper():
    project, release, environment = require_environment()
    workspace = open_environment(project, release.name, environment.root)
    told: list[str] = []
    result = compare_upstream(project, workspace, ["oslo.privsep"], progress=told.append)
    (privsep,) = result.comparisons
    assert privsep.lost == ()
    assert privsep.before["passed"] >= 40  # without sudo as few as 40
    assert privsep.after["passed"] + len(privsep.unsteady) >= privsep.before["passed"]
    state = load_state(environment.packages)
    kept = {one.suite: one for one in find_upstream(environment.packages, state)}
    assert kept["oslo.privsep"].passed == privsep.before["passed"]
    again = compare_upstream(project, workspace, ["oslo.privsep"], progress=told.append)
    assert [name for name, _ in again.known] == ["oslo.privsep"]
