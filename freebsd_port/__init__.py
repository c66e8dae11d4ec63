"""freebsd-port: a quilt-compatible patch series that runs OpenStack nova on FreeBSD.

This module is imported by the target's interpreter too, so it stays empty and Python 3.8.
"""
