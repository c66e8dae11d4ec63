"""qemu-img(1), as far as nova asks for it: info, create, resize and convert, of raw and qcow2.

It works on real files, sparse ones included; a symbolic link stands for a device, which has a size
of its own. A qcow2 image is read as its format says, without
backing files, compression or encryption. What it does not know, it refuses.
"""

import json
import os
import struct
import sys

MAGIC = b"QFI\xfb"


def answer(words):
    """Do what the words say; give the exit status, the output and the complaint."""
    verb, rest = words[0], words[1:]
    try:
        done = {"info": info, "create": create, "resize": resize, "convert": convert}[verb](rest)
    except FileNotFoundError as error:
        return 1, "", "qemu-img: Could not open '{}': {}\n".format(error.filename, error.strerror)
    except SystemExit as refused:
        return 1, "", "{}\n".format(refused)
    return 0, done or "", ""


def take(words, flags=(), options=()):
    """Split words into plain ones, flags that are there, and the values of options."""
    plain, given, rest = [], {}, iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if word in flags:
            given[word] = True
        elif word in options:
            given[word] = next(rest)
        elif equals and name in options:
            given[name] = value
        elif word.startswith("-"):
            sys.exit("qemu-img: unrecognized option '{}'".format(word))
        else:
            plain.append(word)
    return plain, given


def info(words):
    (path,), given = take(words, ["--force-share"], ["--output", "-f"])
    kind = given.get("-f") or format_of(path)
    status = os.stat(path)
    size = Qcow2(path).size if kind == "qcow2" else -(-status.st_size // 512) * 512
    found = {"filename": path, "format": kind, "virtual-size": size}
    return json.dumps(dict(found, **{"actual-size": status.st_blocks * 512}))


def create(words):
    (path, size), given = take(words, [], ["-f"])
    if given.get("-f") != "raw":
        sys.exit("qemu-img: this stand-in creates raw images only")
    with open(path, "wb") as image:
        image.truncate(count(size))


def resize(words):
    (path, size), given = take(words, [], ["-f"])
    if given.get("-f") != "raw":
        sys.exit("qemu-img: this stand-in resizes raw images only")
    if count(size) < os.stat(path).st_size:
        sys.exit("qemu-img: Use the --shrink option to perform a shrink operation.")
    os.truncate(path, count(size))


def convert(words):
    (source, target), given = take(words, ["-c"], ["-t", "-T", "-O", "-f"])
    kind = given.get("-f") or format_of(source)
    if given.get("-O") == "raw":
        size = Qcow2(source).size if kind == "qcow2" else os.stat(source).st_size
        is_device = os.path.islink(target)
        if is_device and os.stat(target).st_size < size:
            sys.exit("qemu-img: {}: error while converting raw: too small".format(target))
        with open(target, "r+b" if is_device else "wb") as out:
            for offset, data in Qcow2(source).clusters() if kind == "qcow2" else pieces(source):
                out.seek(offset)
                out.write(data)
            if not is_device:
                out.truncate(size)
    else:
        sys.exit("qemu-img: this stand-in converts to raw only")


def pieces(path, size=1 << 16):
    with open(path, "rb") as source:
        offset = 0
        for data in iter(lambda: source.read(size), b""):
            if data.strip(b"\0"):
                yield offset, data
            offset += len(data)


def format_of(path):
    with open(path, "rb") as image:
        return "qcow2" if image.read(4) == MAGIC else "raw"


def count(text):
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
    return int(text[:-1]) * units[text[-1]] if text[-1] in units else int(text)


class Qcow2:
    """The clusters of an image, by its two levels of tables. Source: qemu's docs/interop."""

    def __init__(self, path):
        with open(path, "rb") as image:
            self.data = image.read()
        head = struct.unpack(">4sIQIIQIIQ", self.data[:48])
        _, version, backing, _, bits, self.size, encrypted, self.entries, self.first = head
        if version not in (2, 3) or backing or encrypted:
            sys.exit("qemu-img: this stand-in cannot read " + path)
        self.cluster = 1 << bits

    def clusters(self):
        per_table = self.cluster // 8
        for index, table in enumerate(self.table(self.first, self.entries)):
            if not table:
                continue
            for number, place in enumerate(self.table(table, per_table)):
                if place:
                    offset = (index * per_table + number) * self.cluster
                    yield offset, self.data[place : place + self.cluster]

    def table(self, place, entries):
        words = struct.unpack(">%dQ" % entries, self.data[place : place + 8 * entries])
        return [word & 0x00FFFFFFFFFFFE00 for word in words]


if __name__ == "__main__":
    exit_status, output, complaint = answer(sys.argv[1:])
    sys.stdout.write(output)
    sys.stderr.write(complaint)
    sys.exit(exit_status)
