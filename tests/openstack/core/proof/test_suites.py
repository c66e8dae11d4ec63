"""The table of upstream's suites, held against itself and against the series."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

from freebsd_port.engine.core.series.series import parse_series
from freebsd_port.errors import UsageError
from freebsd_port.openstack.core.proof.suites import (
    SUITES,
    choose_suites,
    find_modules,
    guards_of,
    of_distributions,
)

ROOT = Path(__file__).resolve().parents[4]


def test_suites_are_chosen_by_name_and_group_in_the_order_of_the_table() -> None:
    assert choose_suites(()) == choose_suites(["all"]) == SUITES
    fast, long = choose_suites(["fast"]), choose_suites(["long"])
    assert {*fast, *long} == set(SUITES)
    assert not {*fast} & {*long}
    named = choose_suites(["oslo.messaging", "oslo.rootwrap"])
    assert [suite.name for suite in named] == ["oslo.rootwrap", "oslo.messaging"]


def test_an_unknown_suite_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(UsageError, match=r"no suite 'nova\.virt\.qemu'") as caught:
        choose_suites(["fast", "nova.virt.qemu"])
    assert "nova.virt.libvirt.host" in str(caught.value.hint)


def test_suites_are_narrowed_to_the_distributions_of_an_environment() -> None:
    found = of_distributions(choose_suites(["fast"]), {"oslo.rootwrap", "glance", "neutron"})
    assert [suite.name for suite in found] == ["oslo.rootwrap", "glance"]


def test_a_suite_takes_in_the_test_modules_below_its_roots_and_no_others() -> None:
    (suite,) = choose_suites(["oslo.messaging"])
    modules = [
        "oslo_messaging.tests.test_utils",
        "oslo_messaging.tests.utils",
        "oslo_messaging.tests.functional.test_rabbitmq",
        "oslo_messaging.tests.drivers.test_pool",
        "oslo_messaging.testsuite.test_other",
    ]
    assert find_modules(suite, modules) == (
        "oslo_messaging.tests.drivers.test_pool",
        "oslo_messaging.tests.test_utils",
    )


def test_no_module_is_in_two_suites() -> None:
    roots = [root for suite in SUITES for root in suite.roots]
    modules = [r if r.rpartition(".")[2].startswith("test_") else f"{r}.test_x" for r in roots]
    for one, other in combinations(SUITES, 2):
        both = {*find_modules(one, modules)} & {*find_modules(other, modules)}
        assert not both, f"{one.name} and {other.name}"


def test_each_file_that_the_series_touches_is_guarded_by_a_suite_of_its_distribution() -> None:
    untested = {"neutron-bsdbridge", "nova-bhyve"}  # their wheels contain no tests
    for name in parse_series((ROOT / "series").read_bytes()).names:
        if name.partition("/")[0] in untested:
            continue
        text = (ROOT / "patches" / name).read_text("utf-8")
        for path in re.findall(r"^\+\+\+ b/(\S+)$", text, re.MULTILINE):
            distributions = {suite.distribution for suite in guards_of(path)}
            assert distributions == {name.partition("/")[0]}, f"{name}: {path}"
