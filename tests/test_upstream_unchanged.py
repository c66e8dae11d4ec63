"""One of upstream's own suites for real, on the environment that make test names."""

import pytest
from proof import require_environment

from freebsd_port.ops.upstream import compare_upstream
from freebsd_port.ops.verification import find_upstream
from freebsd_port.ops.workspace import open_environment
from freebsd_port.store.checks import own_system
from freebsd_port.store.overlay import load_state


@pytest.mark.skipif(own_system() != "Linux", reason="upstream's tests are for Linux")
@pytest.mark.timeout(900)
def test_oslo_rootwraps_own_tests_pass_as_before_and_more_than_once_is_cheaper():
    project, release, environment = require_environment()
    workspace = open_environment(project, release.name, environment.root)
    told: list[str] = []
    result = compare_upstream(project, workspace, ["oslo.rootwrap"], progress=told.append)
    (rootwrap,) = result.comparisons
    assert rootwrap.lost == ()
    assert rootwrap.before["passed"] > 70
    assert rootwrap.after["passed"] + len(rootwrap.unsteady) >= rootwrap.before["passed"]
    state = load_state(environment.packages)
    kept = {one.suite: one for one in find_upstream(environment.packages, state)}
    assert kept["oslo.rootwrap"].passed == rootwrap.before["passed"]
    again = compare_upstream(project, workspace, ["oslo.rootwrap"], progress=told.append)
    assert [name for name, _ in again.known] == ["oslo.rootwrap"]
