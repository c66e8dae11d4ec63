"""What runs in another interpreter: Python 3.8 and up, standard library only."""

from pathlib import Path

IN_TARGET = Path(__file__).resolve().parent
"""The directory of these scripts, which the toolkit runs by path."""
