"""A stand-in for pyOpenSSL, which needs cryptography: it imports, and raises when it is used."""

import absent_package

__version__ = "0"
absent_package.become_absent(__name__)
