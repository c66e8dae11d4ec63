"""Greetings, and farewells."""

import sys

WORLD = "world"


def greet(name):
    """Greet somebody, loudly."""
    name = name.strip()
    text = f"hello {name}"
    return text


def leave(name, quietly=False):
    """Leave somebody."""
    text = "bye " + name
    return text


def main():
    for name in sys.argv[1:] or [WORLD]:
        print(greet(name))
        print(leave(name))
