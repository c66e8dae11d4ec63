"""The checks prove the patches: each patch has one that fails without it and passes with it."""

import os
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from proof import copy_distributions, require_environment

from freebsd_port.engine.ops.apply.apply import Distance, apply_series, pop_patches, push_patches
from freebsd_port.engine.ops.target.workspace import Workspace
from freebsd_port.openstack.core.release.platform import EMULATED, LINUX, NATIVE
from freebsd_port.openstack.ops.proof.test_tools import check_setup
from freebsd_port.openstack.ops.series import open_environment
from freebsd_port.openstack.store.proof.checks import (
    CheckError,
    CheckSetup,
    fresh_bytecode,
    run_checks,
)
from freebsd_port.openstack.store.proof.own import own_system
from freebsd_port.openstack.store.proof.report import CheckRun
from freebsd_port.openstack.store.python.environment import find_installed


def run_all(setup: CheckSetup, jobs: list[tuple[str, str]]) -> list[CheckRun | CheckError]:
    """Run the checks, or say why they could not be run."""

    def run(job: tuple[str, str]) -> CheckRun | CheckError:
        try:
            return run_checks(replace(setup, bytecode=bytecode), *job, ())
        except CheckError as error:
            return error

    with fresh_bytecode(setup) as bytecode, ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(run, jobs))


def prove_in_order(
    setup: CheckSetup, bare: Workspace, directory: str, platform: str, names: list[str]
) -> Counter[str]:
    """Count failures of each patch's checks with the earlier patches on and not itself.

    For a distribution whose checks cannot be collected, because nothing of it can be imported.
    Its first patch has to be what helps; with it on, the checks of the next ones can be run.
    """
    failed = Counter(names[:1])
    for name in names:
        if name != names[0]:
            run = run_checks(replace(setup, patches=(name,)), directory, platform, ())
            failed[name] = run.patches[name][1]
        push_patches(bare, Distance(name=name))
    return failed


@pytest.mark.long
@pytest.mark.timeout(900)
def test_each_patch_has_a_check_that_fails_without_it_and_linux_has_none(tmp_path, monkeypatch):
    project, release, environment = require_environment()
    copy_distributions(environment, release, tmp_path)
    bare = open_environment(project, release.name, tmp_path, role=release.role)
    pop_patches(bare, Distance(is_all=True))
    own = open_environment(project, release.name, environment.root)
    installed = find_installed(tmp_path, (pin.distribution for pin in release.pins))
    names = [one.name for one in own.entries() if one.name.partition("/")[0] in installed]
    setup = replace(
        check_setup(project, own, print),
        packages=tmp_path,
        patches=tuple(names),
        is_on_path=False,
    )
    is_linux = own_system() == "Linux"
    directories = {re.sub("[-.]", "_", name.partition("/")[0]): None for name in names}
    jobs = [(name, EMULATED[-1] if is_linux else NATIVE) for name in directories]
    jobs += [(name, LINUX) for name in directories if is_linux]
    found = run_all(setup, jobs)
    runs = [one for one in found if isinstance(one, CheckRun)]
    failed: Counter[str] = Counter()
    for run in runs:
        for name, (_, bad) in run.patches.items():
            failed[name] += bad if run.platform != LINUX else 0
    monkeypatch.setenv("PYTEST_ADDOPTS", "--maxfail=1")
    for job, error in zip(jobs, found, strict=True):
        if isinstance(error, CheckError):
            assert job[1] != LINUX, error
            own = [n for n in names if re.sub("[-.]", "_", n.partition("/")[0]) == job[0]]
            failed += prove_in_order(setup, bare, *job, own)
    on_linux = [failure for run in runs if run.platform == LINUX for failure in run.failures]

    assert names
    assert [name for name in names if not failed[name]] == []
    assert [failure.check for failure in on_linux] == []


def test_the_series_applies_again_to_what_was_popped(tmp_path):
    project, release, environment = require_environment()
    copy_distributions(environment, release, tmp_path)
    workspace = open_environment(project, release.name, tmp_path)
    pop_patches(workspace, Distance(is_all=True))
    done = apply_series(workspace)
    for path in done.written:
        if not path.endswith("/RECORD"):
            assert (tmp_path / path).read_bytes() == (environment.packages / path).read_bytes()
