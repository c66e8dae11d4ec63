"""The checks prove the patches: each patch has one that fails without it and passes with it."""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from proof import copy_distributions, require_environment

from freebsd_port.core.platform import EMULATED, LINUX, NATIVE
from freebsd_port.core.series import parse_series
from freebsd_port.ops.apply import apply_series
from freebsd_port.ops.push import Distance, pop_patches
from freebsd_port.ops.verify import check_setup
from freebsd_port.ops.workspace import open_environment
from freebsd_port.store.checks import own_system, run_checks

DIRECTORIES = ("oslo_privsep", "oslo_messaging", "oslo_rootwrap", "nova")


def test_each_patch_has_a_check_that_fails_without_it_and_linux_has_none(tmp_path):
    project, release, environment = require_environment()
    copy_distributions(environment, release, tmp_path)
    bare = open_environment(project, release.name, tmp_path)
    pop_patches(bare, Distance(is_all=True))
    own = open_environment(project, release.name, environment.root)
    setup = replace(check_setup(project, own, print), packages=tmp_path, is_on_path=False)
    is_linux = own_system() == "Linux"
    jobs = [(name, EMULATED[-1] if is_linux else NATIVE) for name in DIRECTORIES]
    jobs += [(name, LINUX) for name in DIRECTORIES if is_linux]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        runs = list(pool.map(lambda job: run_checks(setup, *job, ()), jobs))
    failed: Counter[str] = Counter()
    for run in runs:
        for name, (_, bad) in run.patches.items():
            failed[name] += bad if run.platform != LINUX else 0
    on_linux = [failure for run in runs if run.platform == LINUX for failure in run.failures]

    unproved = [
        name for name in parse_series(project.series.read_bytes()).names if not failed[name]
    ]
    assert unproved == []
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
