"""The tests that ready patches bring for upstream, run in upstream's own suite."""

import pytest
from proof import require_environment

from freebsd_port.openstack.ops.proof.changes import verify_changes
from freebsd_port.openstack.ops.series import open_environment
from freebsd_port.openstack.ops.upstream.changes import load_ready
from freebsd_port.openstack.store.proof.own import own_system


@pytest.mark.long
@pytest.mark.skipif(own_system() != "Linux", reason="upstream's tests are for Linux")
@pytest.mark.timeout(3600)
def test_the_tests_for_upstream_fail_without_their_patch_and_pass_with_it():
    project, release, environment = require_environment()
    if release.name != project.default_release():
        pytest.skip("changes are made from the newest release")
    workspace = open_environment(project, release.name, environment.root)
    proofs = verify_changes(project, workspace, (), progress=print)
    assert [one.patch for one in proofs] == [one.name for one in load_ready(project)]
    assert [problem.what for one in proofs for problem in one.problems] == []
    assert len(proofs) >= 20
