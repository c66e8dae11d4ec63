"""What differs from release to release of nova, found by what is there and not by a version."""

import contextlib
import inspect

import pytest


def call(function, **arguments):
    """Call a function of nova with those of the arguments that it takes in this release."""
    taken = inspect.signature(function).parameters
    return function(**{name: value for name, value in arguments.items() if name in taken})


def has_option(group, name):
    """Whether nova has this option; no group is None or DEFAULT."""
    import nova.conf
    from oslo_config import cfg

    options = nova.conf.CONF
    try:
        getattr(options if group in (None, "DEFAULT") else getattr(options, group), name)
    except cfg.NoSuchOptError:
        return False
    return True


def require(owner, name):
    """Skip the check where this release of nova has no such thing."""
    if not hasattr(owner, name):
        pytest.skip("this nova has no {}.{}".format(getattr(owner, "__name__", owner), name))


def make_provider_tree(name, identity):
    """A tree of resource providers with one root, which can be copied without eventlet too.

    Older releases copy it, lock and all, and a lock can be copied only where eventlet made it.
    """
    from nova.compute import provider_tree

    tree = provider_tree.ProviderTree()
    tree.lock = contextlib.nullcontext()
    tree.new_root(name, identity, generation=0)
    return tree
