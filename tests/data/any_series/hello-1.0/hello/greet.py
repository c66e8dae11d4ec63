"""Greetings."""

WORLD = "world"


def greet(name):
    """Greet somebody, loudy."""
    name = name.strip()
    text = "hello " + name
    return text


def leave(name):
    """Leave somebody."""
    text = "bye " + name
    return text


def main():
    print(greet(WORLD))
    print(leave(WORLD))
