"""Makes a directory as nova-compute makes one: privileged.py DIRECTORY --config-file FILE.

The call goes through oslo.privsep's daemon, started with the helper_command of the configuration.
"""

from nova import monkey_patch  # isort: skip

monkey_patch.patch(backend="threading")

import os  # noqa: E402
import shlex  # noqa: E402
import sys  # noqa: E402

import nova.conf  # noqa: E402
import nova.privsep.path  # noqa: E402
from nova import config, utils  # noqa: E402
from oslo_privsep import priv_context  # noqa: E402


def main():
    """Start the daemon, have it make the directory and say which process it is."""
    path = sys.argv.pop(1)
    config.parse_args(sys.argv)
    priv_context.init(root_helper=shlex.split(utils.get_root_helper()))
    nova.privsep.path.makedirs(path)
    mode = os.stat(path).st_mode & 0o7777
    starter = os.path.basename(shlex.split(nova.conf.CONF.nova_sys_admin.helper_command)[0])
    print(f"started by {starter}, mode {mode:o}")


if __name__ == "__main__":
    main()
