"""What libvirt-python 9.0 offers on a connection and on a domain, whatever the driver has."""

from pathlib import Path

from .errors import error


def _load():
    methods = {}
    text = Path(__file__).with_name("api.txt").read_text("ascii")
    for line in text.splitlines():
        kind, name, function = line.split(" ")
        methods.setdefault(kind, {})[name] = function
    return methods


METHODS = _load()
"""virConnect and virDomain: name in Python to name in C, which the error quotes."""


def complete(kind):
    """Give a class each method of libvirt-python that it lacks: VIR_ERR_NO_SUPPORT."""

    def decorate(stand_in):
        for name, function in METHODS[kind].items():
            if not hasattr(stand_in, name):
                setattr(stand_in, name, _refuse(function))
        return stand_in

    return decorate


def _refuse(function):
    def method(self, *args, **options):
        raise error("VIR_ERR_NO_SUPPORT", function)

    method.__name__ = function
    return method
