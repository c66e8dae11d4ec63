"""What the shell offers for a word that is not finished yet; never an error, never output."""

from __future__ import annotations

import click

from freebsd_port.cli.context import Common
from freebsd_port.cli.render import escape
from freebsd_port.errors import PortError


def complete_release(ctx: click.Context, _param: click.Parameter, word: str) -> list[str]:
    """Complete the name of a release of the project."""
    try:
        names = _common(ctx).project().release_names()
    except (PortError, OSError):
        return []
    return [name for name in names if name.startswith(word)]


def complete_patch(ctx: click.Context, _param: click.Parameter, word: str) -> list[str]:
    """Complete the name of a patch of the series that the words before it name."""
    from freebsd_port.engine.core.series.series import parse_series

    common = _common(ctx)
    try:
        file = common.series
        if file is None and common.patches is not None:
            file = common.patches / "series"
        data = (file or common.project().series).read_bytes()
        names = parse_series(data).names
    except (PortError, OSError):
        return []
    return [
        name
        for name in names
        if (name.startswith(word) or name.partition("/")[2].startswith(word))
        and escape(name) == name  # a shell prints what it is offered
    ]


def complete_review(ctx: click.Context, param: click.Parameter, word: str) -> list[str]:
    """Complete the name of a patch, or the id of a hunk once a digit of it stands there."""
    names = complete_patch(ctx, param, word)
    if names or not word or not set(word) <= set("0123456789abcdef-"):
        return names
    from freebsd_port.openstack.ops.review.gather import gather_review

    common = _common(ctx)
    try:
        facts = gather_review(
            common.project(),
            common.release,
            releases=(),
            options=common.options,
            is_offline=True,
            progress=lambda message: None,
        )
    except (PortError, OSError):
        return []
    ids = [hunk.id for patch in facts.patches for hunk in patch.hunks]
    return [one for one in ids if one.startswith(word)]


def complete_suite(_ctx: click.Context, _param: click.Parameter, word: str) -> list[str]:
    """Complete the name of a suite of upstream's tests, or of a group of suites."""
    from freebsd_port.openstack.core.proof.suites import SUITES

    names = ["fast", "long", "all", *(suite.name for suite in SUITES)]
    return [name for name in names if name.startswith(word)]


def _common(ctx: click.Context) -> Common:
    return ctx.find_object(Common) or Common()
