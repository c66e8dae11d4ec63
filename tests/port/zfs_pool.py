"""A pool of the stand-in for zfs(8), as checks and lives make it and look into it."""

import importlib.util
import io
import json
import shutil
import sys
from pathlib import Path

COMMANDS = Path(__file__).resolve().parent / "lives" / "commands"
DATASET = "zroot/nova"


def load(name):
    """The module of a stand-in for a program."""
    spec = importlib.util.spec_from_file_location(name + "_standin", str(COMMANDS / (name + ".py")))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def without_wrappers(words):
    """The words of a command, without the limits and the environment that nova sets for it."""
    words = list(words)
    if words[1:3] == ["-m", "oslo_concurrency.prlimit"]:
        words = words[words.index("--") + 1 :]
    if words[0] == "env":
        words = words[next(i for i, word in enumerate(words) if i and "=" not in word) :]
    return words


class Answered:
    """A process that has ended, as subprocess.Popen has it."""

    def __init__(self, words, status, output, complaint):
        self.args, self.returncode = words, status
        self.stdin = io.BytesIO()
        self._answer = output.encode(), complaint.encode()

    def communicate(self, *args, **options):
        return self._answer


class ZfsPool:
    """A pool with the data set `zroot/nova`, whose properties are given; `size` is in bytes."""

    def __init__(self, directory, **options):
        self.directory = str(directory)
        self.standin = load("zfs")
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

    def spare_processes(self, monkeypatch):
        """Have nova's commands for zfs(8) and qemu-img(1) answered here, without a process each.

        Starting them is most of what these checks cost; that they are programs is left to the
        lives. Where PATH leads to others, or to none, nova's command is run as it is.
        """
        from oslo_concurrency import processutils

        start, qemu_img = processutils.subprocess.Popen, load("qemu-img")
        answers = {
            "zfs": (self.script, lambda words: self.standin.answer(self.directory, words)),
            "qemu-img": (self.script_of("qemu-img"), qemu_img.answer),
        }

        def answer(words, *args, **options):
            name, *rest = without_wrappers(words.split() if isinstance(words, str) else words)
            script, run = answers.get(name, (None, None))
            found = script and shutil.which(name)
            if not found or Path(found).read_text() != "#!/bin/sh\n" + script + "\n":
                return start(words, *args, **options)
            return Answered(words, *run(rest))

        monkeypatch.setattr(processutils.subprocess, "Popen", answer)

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
        status, output, complaint = self.standin.answer(self.directory, words)
        assert status == 0, complaint
        return output

    def change(self, **state):
        """Change `allow`, `busy` or `size`."""
        path = Path(self.directory, "pool.json")
        path.write_text(json.dumps(dict(json.loads(path.read_text()), **state)))
