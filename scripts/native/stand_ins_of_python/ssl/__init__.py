"""A stand-in for Python's ssl, where that was not built: it imports, and raises when it is used."""

from __future__ import annotations

import absent_package

HAS_ALPN = HAS_SNI = True
OPENSSL_VERSION = "OpenSSL 3.0.0, of a stand-in"
OPENSSL_VERSION_INFO = (3, 0, 0, 0, 0)
OPENSSL_VERSION_NUMBER = 0x30000000
CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED = 0, 1, 2
PROTOCOL_TLS = PROTOCOL_SSLv23 = 2
PROTOCOL_TLS_CLIENT, PROTOCOL_TLS_SERVER = 16, 17


class SSLError(OSError):
    """Caught, and never raised here."""


CertificateError = type("CertificateError", (SSLError, ValueError), {})

absent_package.become_absent(__name__)
