"""A stand-in for numpy, which is compiled: it imports, and raises when it is used."""

import absent_package

__version__ = "0"
absent_package.become_absent(__name__)
