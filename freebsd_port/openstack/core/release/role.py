"""Which patches of the series an environment of a role takes, by their directories and tags.

A patch concerns an environment that has its distribution. A line tagged `# role NAME` concerns only
one whose role is, or includes, a role that it names.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from freebsd_port.engine.core.series.series import SeriesEntry
from freebsd_port.openstack.core.release.release import Release

_TAG = re.compile(r"\brole\s+([\w.+-]+)")


def tagged_roles(entry: SeriesEntry) -> tuple[str, ...]:
    """Name the roles that the tags of a line ask for; tags stand before the first colon."""
    return tuple(_TAG.findall(entry.comment.partition(":")[0]))


def choose_for(release: Release) -> Callable[[SeriesEntry], bool]:
    """Give what tells whether an environment of the release's role takes a line of the series.

    A release that was not narrowed to a role takes every line.
    """
    role = release.role
    if role is None:
        return lambda entry: True
    directories = {pin.distribution for pin in release.pins}

    def takes(entry: SeriesEntry) -> bool:
        roles = tagged_roles(entry)
        is_ours = not roles or any(release.includes(role, one) for one in roles)
        return is_ours and entry.name.partition("/")[0] in directories

    return takes
