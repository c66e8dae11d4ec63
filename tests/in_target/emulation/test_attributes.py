from __future__ import annotations

import pytest

MODULES = ["errno", "fcntl", "os", "resource", "select", "signal", "socket", "time"]


def test_every_absent_name_raises_attribute_error(host):
    names, wrong = host.run(f"""
        import importlib
        names = [[module, name] for module in {MODULES!r}
                 for name in profile.absent_names(module, sys.version_info[:2])]
        answer = [len(names), [[module, name] for module, name in names
                  if raised(getattr, importlib.import_module(module), name) is None]]
        """)
    assert names > 300
    assert wrong == []


@pytest.mark.parametrize("order", [MODULES, MODULES[::-1]], ids=["forwards", "backwards"])
def test_a_fresh_copy_of_a_module_lacks_the_names_too(host, order):
    assert (
        host.run(f"""
        import importlib
        answer = []
        for name in {order!r}:
            first = importlib.import_module(name)
            del sys.modules[name]
            again = importlib.import_module(name)
            absent = profile.absent_names(name, sys.version_info[:2])
            answer += [[name, attribute] for attribute in absent if hasattr(again, attribute)]
        """)
        == []
    )


@pytest.mark.parametrize("module", ["os", "socket"])
def test_star_imports_still_work(host, module):
    assert (
        host.run(f"""
        space = {{}}
        exec("from {module} import *", space)
        answer = "{{}}".format("TCP_USER_TIMEOUT" in space or "getxattr" in space)
        """)
        == "False"
    )


def test_names_that_only_freebsd_has_are_there(host):
    assert (
        host.run("""
        import importlib
        answer = [
            [module, name]
            for module, names in profile.extra.items()
            for name in names
            if not hasattr(importlib.import_module(module), name)
        ]
        """)
        == []
    )


def test_an_errno_name_of_freebsd_equals_no_errno_of_linux(host):
    assert host.run("answer = errno.ENOTCAPABLE in errno.errorcode") is False


def test_the_default_selector_is_not_epoll(host):
    assert host.run("""
        import selectors
        answer = [selectors.DefaultSelector.__name__, hasattr(selectors, "EpollSelector")]
        """) == ["PollSelector", False]
