"""Write the series as a mailbox, changes for Gerrit, quilt directory, ports, diff or image."""

from __future__ import annotations

from pathlib import Path

import click

from freebsd_port.cli.options import (
    Common,
    common_options,
    complete_patch,
    offline_option,
    pass_common,
    target_options,
)

SECTION = "Author"
PLACE = 17


_EPILOG = """\b
Examples:
  freebsd-port export mailbox nova -o nova.mbox
  freebsd-port export mailbox nova/console-log.patch | git am
  freebsd-port export gerrit oslo.rootwrap | git am --signoff
  freebsd-port export ports -o ports
  freebsd-port export quilt -o patches-2026.2
  freebsd-port export oci -o nova-compute --base freebsd-14.3
  freebsd-port export diff > all.diff"""


@click.command("export", epilog=_EPILOG)
@click.argument("form", type=click.Choice(["mailbox", "gerrit", "quilt", "ports", "diff", "oci"]))
@click.argument("chosen", nargs=-1, metavar="[PATCH|DIRECTORY]...", shell_complete=complete_patch)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write to this file; for quilt, ports and oci, a directory.",
)
@click.option(
    "--base",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="For oci: layout of the image to put below.",
)
@click.option(
    "--python",
    metavar="PATH",
    help="For oci: Python in the image below; by default /usr/local/bin/python3.X.",
)
@target_options
@offline_option
@common_options
@pass_common
def command(
    common: Common,
    form: str,
    chosen: tuple[str, ...],
    output: Path | None,
    base: Path | None,
    python: str | None,
    offline: bool,
) -> None:
    """Export the whole series, whatever is applied; no environment is needed.

    A mailbox can hold some of the patches. For Gerrit, each patch that is ready for upstream
    becomes one commit with its unit tests and release note, based on the pinned release; name
    patches of one distribution. For ports, each distribution gets a directory with
    files/patch-*, one for each changed file, for patch -p0.

    oci is the patched environment and not the patches: an OCI image layout with nova-compute, and
    the unit that runs it, made without a container engine.
    """
    from freebsd_port.cli.views.authoring import done, report
    from freebsd_port.engine.ops.author import export

    if chosen and form not in ("mailbox", "gerrit"):
        raise click.UsageError("only mailbox and gerrit take the names of patches")
    if form != "oci" and (base or python):
        raise click.UsageError("--base and --python are for oci")
    if python is not None and not python.startswith("/"):
        raise click.UsageError("--python needs an absolute path")
    is_directory = form in ("quilt", "ports", "oci")
    if is_directory and output is None:
        raise click.UsageError(f"{form} needs a directory: -o DIR")
    if form == "oci" and output is not None:
        _export_image(common, output, base, python)
        return
    workspace = common.workspace_or_wheels(is_offline=offline)
    if form == "gerrit":
        if workspace.release is None:
            raise click.UsageError("gerrit is for the project's series, not for --tree")
        from freebsd_port.openstack.ops.upstream.changes import render_gerrit

        _write(common, render_gerrit(common.project(), workspace, chosen), output)
        return
    whole = export.read_whole(workspace)
    if output is not None and is_directory:
        render = export.render_quilt if form == "quilt" else export.render_ports
        files = render(whole)
        export.save_export(output, files)
        names = [str(output / name) for name in sorted(files)]
        report(common, "export", [done("export", name) for name in names], files=names)
        return
    data = (
        export.render_mailbox(whole, chosen) if form == "mailbox" else export.render_merged(whole)
    )
    _write(common, data, output)


def _export_image(common: Common, output: Path, base: Path | None, python: str | None) -> None:
    """Write an environment as an image."""
    from freebsd_port.cli.views.authoring import done, report
    from freebsd_port.openstack.ops.release.oci import export_image
    from freebsd_port.openstack.ops.series import EnvironmentWorkspace

    workspace = common.workspace()
    if not isinstance(workspace, EnvironmentWorkspace):
        raise click.UsageError("oci is for an environment, not for --tree")
    made = export_image(workspace, output, base=base, python=python)
    lines = [
        done("export", str(made.directory), f", sha256:{made.manifest}"),
        done("export", str(made.unit)),
    ]
    files = [str(made.directory), str(made.unit)]
    report(common, "export", lines, files=files, manifest=f"sha256:{made.manifest}")


def _write(common: Common, data: bytes, output: Path | None) -> None:
    """Write one text to a file or to stdout."""
    from freebsd_port.cli.views.authoring import as_text, done, report, write_output

    if output is None and common.as_json:
        report(common, "export", [], text=as_text(data))
        return
    write_output(data, output)
    if output is not None:
        report(common, "export", [done("export", str(output))], files=[str(output)])
