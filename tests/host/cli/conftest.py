"""The fixtures `project` and `run` of every test here."""

from command_line import project, run

__all__ = ["project", "run"]
