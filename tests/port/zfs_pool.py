"""A pool of the stand-in for zfs(8), as checks and lives make it and look into it."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

COMMANDS = Path(__file__).resolve().parent / "lives" / "commands"
DATASET = "zroot/nova"


def load():
    """The module of the program."""
    spec = importlib.util.spec_from_file_location("zfs_standin", str(COMMANDS / "zfs.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class ZfsPool:
    """A pool with the data set `zroot/nova`, whose properties are given; `size` is in bytes."""

    def __init__(self, directory, **options):
        self.directory = str(directory)
        self.standin = load()
        self.standin.make_pool(self.directory, **options)

    @property
    def script(self):
        """What a shell runs as zfs(8) on this pool."""
        return 'ZFS_STANDIN="{}" {}'.format(self.directory, self.script_of("zfs"))

    @staticmethod
    def script_of(name):
        """What a shell runs as another stand-in for a program."""
        return 'exec "{}" -S "{}" "$@"'.format(sys.executable, COMMANDS / (name + ".py"))

    def use(self, monkeypatch):
        """Have nova look for the devices here."""
        from nova.virt.libvirt.storage import zfs

        monkeypatch.setattr(zfs, "DEVICE_DIR", self.devices)

    @property
    def devices(self):
        """What stands for /dev/zvol, with a slash at its end."""
        return self.directory + "/dev/zvol/"

    def names(self):
        """The volumes and snapshots that are there."""
        sets = self.standin.Pool(self.directory).sets
        return sorted(name for name, one in sets.items() if one["type"] != "filesystem")

    def get(self, name, prop):
        """A property as zfs(8) tells it."""
        return self.standin.Pool(self.directory).value(name, prop)

    def content(self, name):
        """The path of what is in a volume or a snapshot, device or not."""
        return Path(self.standin.Pool(self.directory).data(name))

    def run(self, *words):
        """Have zfs(8) do something, as root; give what it printed."""
        environment = dict(os.environ, ZFS_STANDIN=self.directory)
        program = [sys.executable, "-S", str(COMMANDS / "zfs.py")]
        return subprocess.run(
            [*program, *words], env=environment, check=True, stdout=subprocess.PIPE
        ).stdout.decode()

    def change(self, **state):
        """Change `allow`, `busy` or `size`."""
        path = Path(self.directory, "pool.json")
        path.write_text(json.dumps(dict(json.loads(path.read_text()), **state)))
