"""The series on installed OpenStack releases: pins, wheels, environments, locks, verification."""
