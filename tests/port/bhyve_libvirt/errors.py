"""libvirtError, with libvirt's wording for each code that the bhyve driver uses."""

from .constants import CONSTANTS

WORDING = {
    "VIR_ERR_INTERNAL_ERROR": "internal error: {}",
    "VIR_ERR_NO_SUPPORT": "this function is not supported by the connection driver: {}",
    "VIR_ERR_NO_CONNECT": "no connection driver available for {}",
    "VIR_ERR_INVALID_ARG": "invalid argument: {}",
    "VIR_ERR_OPERATION_FAILED": "operation failed: {}",
    "VIR_ERR_XML_ERROR": "XML error: {}",
    "VIR_ERR_XML_DETAIL": "{}",
    "VIR_ERR_SYSTEM_ERROR": "{}",
    "VIR_ERR_ARGUMENT_UNSUPPORTED": "argument unsupported: {}",
    "VIR_ERR_NO_DOMAIN": "Domain not found: {}",
    "VIR_ERR_NO_DOMAIN_METADATA": "metadata not found: {}",
    "VIR_ERR_OPERATION_INVALID": "Requested operation is not valid: {}",
    "VIR_ERR_CONFIG_UNSUPPORTED": "unsupported configuration: {}",
}


class LibvirtError(Exception):
    """Stand-in for libvirt.libvirtError; `code` is what libvirt keeps as its last error."""

    def __init__(self, message, code=None):
        super().__init__(message)
        domain = CONSTANTS["VIR_FROM_BHYVE"]
        self.err = (code, domain, message, 2, message, None, None, -1, -1)

    def get_error_code(self):
        return self.err[0]

    def get_error_domain(self):
        return self.err[1]

    def get_error_message(self):
        return self.err[2]

    def get_error_level(self):
        return self.err[3]

    def get_str1(self):
        return self.err[4]

    def get_str2(self):
        return self.err[5]

    def get_str3(self):
        return self.err[6]

    def get_int1(self):
        return self.err[7]

    def get_int2(self):
        return self.err[8]


def error(code, detail):
    """The error that libvirt reports for a code, by name, and the driver's own words."""
    return LibvirtError(WORDING[code].format(detail), CONSTANTS[code])


def unsupported(detail):
    """VIR_ERR_CONFIG_UNSUPPORTED, with which the driver refuses a description."""
    return error("VIR_ERR_CONFIG_UNSUPPORTED", detail)


def check_flags(flags, allowed, function):
    """Refuse flags beyond `allowed` as virCheckFlags does; `function` is the driver's."""
    extra = flags & ~allowed
    if extra:
        raise error(
            "VIR_ERR_INVALID_ARG",
            "unsupported flags (0x{:x}) in function {}".format(extra, function),
        )
