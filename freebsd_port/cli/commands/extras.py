"""Install what services load without a patch: a weigher for nova, an IPAM driver for neutron."""

from __future__ import annotations

import click

from freebsd_port.cli.options import Common, common_options, environment_options, pass_common
from freebsd_port.cli.render import print_json, say

SECTION = "Apply"
PLACE = 7


_EPILOG = """\b
Examples:
  freebsd-port extras
  freebsd-port extras --role control
  freebsd-port extras --venv /usr/local/nova --json"""


@click.command("extras", epilog=_EPILOG)
@environment_options
@common_options
@pass_common
def command(common: Common) -> None:
    """Nothing uses them until the configuration names them.

    If the environment has the same files already, nothing is done. Remove them with the
    environment's pip: pip uninstall freebsd-port-extras.
    """
    from freebsd_port.openstack.ops.release.extras import install_extras
    from freebsd_port.openstack.ops.series import find_place
    from freebsd_port.openstack.store.python.environment import read_environment

    project = common.project()
    release = project.load_release(common.release)
    root = find_place(project, release, common.venv, common.role).absolute()
    environment = read_environment(root)
    done = install_extras(project, environment)
    if common.as_json:
        print_json(
            {
                "ok": True,
                "verb": "extras",
                "outcome": done.outcome,
                "place": str(root),
                "distribution": done.distribution,
                "version": done.version,
                "modules": list(done.modules),
            }
        )
    elif common.verbosity >= 0:
        modules = ", ".join(done.modules)
        say(f"{done.outcome} {done.distribution} {done.version} in {root}: {modules}")
