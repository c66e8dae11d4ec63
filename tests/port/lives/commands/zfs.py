"""zfs(8), as far as nova asks for it: volumes, their snapshots and clones, on one pool.

The pool is the directory that ZFS_STANDIN names: `pool.json` is its state, `dev/zvol` has a file
for each device. A device of a volume is a sparse file of the size of the volume; a snapshot or a
clone copies it, but for its holes. What the real one refuses is refused with its words and its
exit status: OpenZFS, cmd/zfs/zfs_main.c, lib/libzfs/libzfs_dataset.c and libzfs_util.c. What this
one does not know, it refuses with words of its own and the status 64.

`allow` in the state is what zfs-allow(8) has delegated to the caller, null for root; `busy` lists
the volumes that a guest holds open.
"""

import json
import os
import shutil
import sys
import time

BLOCK = 16 * 1024
"""Default volblocksize. Source: ZVOL_DEFAULT_BLOCKSIZE."""

POINTERS, INDIRECT = 1024, 1 << 17
"""Block pointers in an indirect block of a volume, and its size: DN_MAX_INDBLKSHIFT of 17."""

LONGEST = 255
"""Characters of a name. Source: ZFS_MAX_DATASET_NAME_LEN, 256 with the NUL."""

INHERITED = {"volmode": "default", "snapdev": "hidden"}
NATIVE = (
    "available", "clones", "creation", "name", "origin", "referenced", "refreservation", "type",
    "used", "volblocksize", "volsize", *INHERITED,
)  # fmt: skip
VALUES = {"volmode": ("default", "full", "geom", "dev", "none"), "snapdev": ("hidden", "visible")}
NEEDS = {
    "clone": ("clone", "create", "mount"),
    "create": ("create", "mount"),
    "destroy": ("destroy", "mount"),
    "rollback": ("rollback", "mount"),
    "snapshot": ("snapshot", "mount"),
}
"""Source: zfs-allow(8)."""

UNKNOWN = 64


class Refused(Exception):
    """What zfs(8) prints, and its exit status."""

    def __init__(self, message, status=1):
        super().__init__(message)
        self.status = status


def reservation_of(size, block=BLOCK):
    """The refreservation of a volume that is not sparse, on a pool of plain disks.

    Source: zvol_volsize_to_reservation(), for one copy.
    """
    blocks, count = size // block, 7
    while blocks > 1:
        blocks = (blocks + POINTERS - 1) // POINTERS
        count += blocks
    return size + count * 2 * INDIRECT


class Pool:
    """The state, and the files of the devices."""

    def __init__(self, directory):
        self.directory = directory
        with open(os.path.join(directory, "pool.json"), encoding="utf-8") as state:
            self.state = json.load(state)
        self.sets = self.state["datasets"]

    def save(self):
        path = os.path.join(self.directory, "pool.json")
        with open(path + ".new", "w", encoding="utf-8") as state:
            json.dump(self.state, state, indent=1)
        os.replace(path + ".new", path)

    def data(self, name):
        """The file with the content of a volume or a snapshot."""
        return os.path.join(self.directory, "data", name.replace("/", "%"))

    def device(self, name):
        return os.path.join(self.directory, "dev", "zvol", name)

    def may(self, verb, *more):
        allowed = self.state["allow"]
        return allowed is None or {*NEEDS.get(verb, ()), *more} <= set(allowed)

    def open(self, name, kinds=("filesystem", "volume", "snapshot")):
        """The state of a data set. Refuses one that is not there, or is of another kind."""
        check_name(name, "cannot open")
        if name not in self.sets:
            raise Refused("cannot open '{}': dataset does not exist".format(name))
        if self.sets[name]["type"] not in kinds:
            raise Refused(
                "cannot open '{}': operation not applicable to datasets of this type".format(name)
            )
        return self.sets[name]

    def children(self, name):
        return [other for other in self.sets if other.startswith((name + "/", name + "@"))]

    def snapshots(self, name):
        """Of one volume, the oldest first."""
        found = [other for other in self.sets if other.startswith(name + "@")]
        return sorted(found, key=lambda other: self.sets[other]["txg"])

    def clones(self, snapshot):
        return [name for name, one in self.sets.items() if one.get("origin") == snapshot]

    def value(self, name, prop):
        """A property as `get -p` prints it; None where it does not apply."""
        one = self.sets[name]
        if prop in INHERITED or ":" in prop:
            while True:
                if prop in self.sets[name]["set"]:
                    return self.sets[name]["set"][prop]
                if not parent(name):
                    return INHERITED.get(prop)
                name = parent(name)
        if prop == "available":
            return None if one["type"] == "snapshot" else str(self.available(name))
        if prop in ("used", "referenced"):
            return str(self.used(name) if prop == "used" else self.referenced(name))
        if prop == "clones":
            return ",".join(self.clones(name)) or None
        if prop == "name":
            return name
        return None if one.get(prop) is None else str(one[prop])

    def referenced(self, name):
        path = self.data(name)
        return os.stat(path).st_blocks * 512 if os.path.exists(path) else 0

    def used(self, name):
        """A clone and its origin are counted twice here, unlike in a real pool."""
        one = self.sets[name]
        if one["type"] == "filesystem":
            below = [other for other in self.children(name) if parent(other) == name]
            return sum(self.used(other) for other in below)
        if one["type"] == "snapshot":
            return self.referenced(name)
        kept = sum(self.used(snapshot) for snapshot in self.snapshots(name))
        return max(self.referenced(name), one["refreservation"]) + kept

    def free(self):
        roots = [name for name in self.sets if not parent(name)]
        return max(0, self.state["size"] - sum(self.used(name) for name in roots))

    def available(self, name):
        one = self.sets[name]
        unused = max(0, one.get("refreservation", 0) - self.referenced(name))
        return self.free() + (unused if one["type"] == "volume" else 0)

    def add(self, name, **state):
        self.state["txg"] += 1
        self.sets[name] = dict({"set": {}, "txg": self.state["txg"]}, **state)
        self.sets[name]["creation"] = int(time.time())
        self.show(name)

    def show(self, name):
        """Make the device of a volume or a snapshot, where its properties let it have one."""
        one = self.sets[name]
        hidden = one["type"] == "snapshot" and self.value(name, "snapdev") != "visible"
        if self.value(name, "volmode") == "none" or hidden or one["type"] == "filesystem":
            return
        device = self.device(name)
        os.makedirs(os.path.dirname(device), exist_ok=True)
        if not os.path.lexists(device):
            os.symlink(self.data(name), device)

    def remove(self, name):
        del self.sets[name]
        for path in (self.device(name), self.data(name)):
            if os.path.lexists(path):
                os.unlink(path)


def check_name(name, doing):
    """Refuse what cannot be a name. Source: zfs_validate_name()."""
    why = None
    bad = [letter for letter in name if not (letter.isalnum() or letter in "-_.:/@ ")]
    if len(name) > LONGEST:
        why = "name is too long"
    elif bad:
        why = "invalid character '{}' in name".format(bad[0])
    elif name.startswith("/"):
        why = "leading slash in name"
    elif name.endswith("/"):
        why = "trailing slash in name"
    elif "//" in name or name.endswith("@"):
        why = "empty component or misplaced '@' or '#' delimiter in name"
    elif name.count("@") > 1:
        why = "multiple '@' and/or '#' delimiters in name"
    if why:
        raise Refused("{} '{}': {}".format(doing, name, why))


def parent(name):
    volume, at, _ = name.rpartition("@")
    return volume if at else name.rpartition("/")[0]


def take(words, flags="", options=""):
    """Split words as getopt(3) does: plain ones, flags that are there, values of options."""
    plain, given, rest = [], {}, list(words)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        letters = rest.pop(0)[1:]
        while letters:
            letter, letters = letters[0], letters[1:]
            if letter in flags:
                given[letter] = True
            elif letter in options:
                given.setdefault(letter, []).append(letters or rest.pop(0))
                letters = ""
            else:
                raise Refused("invalid option '{}'\nusage:".format(letter), 2)
    plain.extend(rest)
    return plain, given


def copy_data(source, target, size):
    """Copy a sparse file."""
    with open(source, "rb") as old, open(target, "wb") as new:
        new.truncate(size)
        end = os.fstat(old.fileno()).st_size
        offset = 0
        while offset < end:
            try:
                offset = os.lseek(old.fileno(), offset, os.SEEK_DATA)
            except OSError:
                return
            hole = os.lseek(old.fileno(), offset, os.SEEK_HOLE)
            old.seek(offset)
            new.seek(offset)
            shutil.copyfileobj(_Part(old, hole - offset), new)
            offset = hole


class _Part:
    """So many bytes of a file, from where it is."""

    def __init__(self, source, left):
        self.source, self.left = source, left

    def read(self, size):
        data = self.source.read(min(size, self.left))
        self.left -= len(data)
        return data


def one_name(plain, missing):
    if not plain:
        raise Refused("missing {} argument\nusage:".format(missing), 2)
    if len(plain) > 1:
        raise Refused("too many arguments\nusage:", 2)
    return plain[0]


def require_parent(pool, name):
    """Source: check_parents()."""
    doing = "cannot create '{}'".format(name)
    if not parent(name):
        raise Refused(doing + ": missing dataset name")
    if name.split("/")[0] not in pool.sets:
        raise Refused("{}: no such pool '{}'".format(doing, name.split("/")[0]))
    if parent(name) not in pool.sets:
        raise Refused(doing + ": parent does not exist")
    if pool.sets[parent(name)]["type"] != "filesystem":
        raise Refused(doing + ": parent is not a filesystem")


def create(pool, words):
    plain, given = take(words, "s", "Vo")
    name = one_name(plain, "volume" if "V" in given else "filesystem")
    doing = "cannot create '{}'".format(name)
    if "V" not in given or "o" in given:
        raise Refused("this stand-in creates volumes, without -o", UNKNOWN)
    if not given["V"][-1].isdigit():
        raise Refused("bad volume size '{}': bad numeric value".format(given["V"][-1]))
    if name.split("/")[0] not in pool.sets:
        raise Refused("cannot open '{}': no such pool".format(name.split("/")[0]))
    check_name(name, "cannot create")
    require_parent(pool, name)
    if name in pool.sets:
        raise Refused(doing + ": dataset already exists")
    size = -(-int(given["V"][-1]) // BLOCK) * BLOCK
    if not size:
        raise Refused(doing + ": volume size cannot be zero")
    reserved = 0 if given.get("s") else reservation_of(size)
    if not pool.may("create", *(["refreservation"] if reserved else [])):
        raise Refused(doing + ": permission denied")
    if reserved > pool.free():
        raise Refused(doing + ": out of space")
    with open(pool.data(name), "wb") as content:
        content.truncate(size)
    pool.add(name, type="volume", volsize=size, volblocksize=BLOCK, refreservation=reserved)


def snapshot(pool, words):
    plain, _ = take(words)
    name = one_name(plain, "snapshot")
    volume = pool.open(parent(name), ("volume",))
    check_name(name, "cannot create snapshot")
    doing = "cannot create snapshot '{}'".format(name)
    if name in pool.sets:
        raise Refused(doing + ": dataset already exists")
    if not pool.may("snapshot"):
        raise Refused(doing + ": permission denied")
    if volume["refreservation"] and pool.referenced(parent(name)) > pool.free():
        raise Refused(doing + ": out of space")
    copy_data(pool.data(parent(name)), pool.data(name), volume["volsize"])
    pool.add(name, type="snapshot", volsize=volume["volsize"])


def clone(pool, words):
    plain, given = take(words, "", "o")
    if len(plain) != 2:
        raise Refused("missing source dataset argument\nusage:", 2)
    origin, name = plain
    if given.get("o", ["refreservation=auto"]) != ["refreservation=auto"]:
        raise Refused("this stand-in clones with refreservation=auto, or without -o", UNKNOWN)
    source = pool.open(origin, ("snapshot",))
    check_name(name, "cannot create")
    require_parent(pool, name)
    doing = "cannot create '{}'".format(name)
    if name in pool.sets:
        raise Refused(doing + ": dataset already exists")
    reserved = reservation_of(source["volsize"]) if "o" in given else 0
    if not pool.may("clone", *(["refreservation"] if reserved else [])):
        raise Refused(doing + ": permission denied")
    if reserved > pool.free():
        raise Refused(doing + ": out of space")
    copy_data(pool.data(origin), pool.data(name), source["volsize"])
    size = source["volsize"]
    pool.add(name, type="volume", volsize=size, refreservation=reserved, origin=origin)
    pool.sets[name]["volblocksize"] = BLOCK


def destroy(pool, words):
    plain, given = take(words, "r")
    name = one_name(plain, "dataset")
    if "@" in name:
        pool.open(parent(name), ("filesystem", "volume"))
        if name not in pool.sets:
            raise Refused("could not find any snapshots to destroy; check snapshot names.")
    kind = pool.open(name)["type"]
    if not parent(name) and not given.get("r"):
        raise Refused("cannot destroy '{}': operation does not apply to pools".format(name))
    below = pool.children(name)
    if below and not given.get("r"):
        lines = ["cannot destroy '{}': {} has children".format(name, kind)]
        lines.append("use '-r' to destroy the following datasets:")
        raise Refused("\n".join(lines + below))
    gone = [name, *below]
    clones = [other for one in gone for other in pool.clones(one) if other not in gone]
    if clones:
        lines = ["cannot destroy '{}': {} has dependent clones".format(name, kind)]
        lines.append("use '-R' to destroy the following datasets:")
        raise Refused("\n".join(lines + clones))
    if not pool.may("destroy"):
        raise Refused("cannot destroy '{}': permission denied".format(name))
    if set(gone) & set(pool.state["busy"]):
        raise Refused("cannot destroy '{}': dataset is busy".format(name))
    for one in reversed(gone):
        pool.remove(one)


def rollback(pool, words):
    plain, given = take(words, "r")
    name = one_name(plain, "dataset")
    kept = pool.open(name, ("snapshot",))
    volume = parent(name)
    newer = [one for one in pool.snapshots(volume) if pool.sets[one]["txg"] > kept["txg"]]
    if newer and not given.get("r"):
        lines = ["cannot rollback to '{}': more recent snapshots or bookmarks exist".format(name)]
        lines.append("use '-r' to force deletion of the following snapshots and bookmarks:")
        raise Refused("\n".join(lines + newer))
    if not pool.may("rollback", *(["destroy"] if newer else [])):
        raise Refused("cannot rollback '{}': permission denied".format(volume))
    for one in newer:
        pool.remove(one)
    pool.sets[volume]["volsize"] = kept["volsize"]
    copy_data(pool.data(name), pool.data(volume), kept["volsize"])


def set_property(pool, words):
    plain, _ = take(words)
    assigned = [word for word in plain if "=" in word]
    names = [word for word in plain if "=" not in word]
    if len(assigned) != 1 or len(names) != 1:
        raise Refused("this stand-in sets one property of one data set", UNKNOWN)
    (name,) = names
    prop, _, value = assigned[0].partition("=")
    one = pool.open(name)
    doing = "cannot set property for '{}'".format(name)
    if ":" not in prop and prop not in NATIVE:
        raise Refused("{}: invalid property '{}'".format(doing, prop))
    if prop in VALUES and value not in VALUES[prop]:
        allowed = " | ".join(VALUES[prop])
        raise Refused("{}: '{}' must be one of '{}'".format(doing, prop, allowed))
    if not pool.may("set", "userprop" if ":" in prop else prop):
        raise Refused(doing + ": permission denied")
    if prop == "volsize":
        return set_size(pool, name, int(value))
    if prop == "refreservation":
        wanted = reservation_of(one["volsize"]) if value == "auto" else int(value)
        return reserve(pool, name, wanted)
    if prop in NATIVE and prop not in VALUES:
        raise Refused("{}: '{}' is readonly".format(doing, prop))
    one["set"][prop] = value
    for other in (name, *pool.children(name)):
        pool.show(other)
    return None


def set_size(pool, name, size):
    one = pool.open(name, ("volume",))
    doing = "cannot set property for '{}'".format(name)
    if not size:
        raise Refused(doing + ": 'volsize' cannot be zero")
    if size % one["volblocksize"]:
        block = one["volblocksize"] // 1024
        raise Refused("{}: 'volsize' must be a multiple of volume block size ({}K)".format(
            doing, block))  # fmt: skip
    if one["refreservation"] == reservation_of(one["volsize"]):
        reserve(pool, name, reservation_of(size))
    one["volsize"] = size
    os.truncate(pool.data(name), size)


def reserve(pool, name, wanted):
    one = pool.sets[name]
    if wanted - one["refreservation"] > pool.free():
        raise Refused(
            "cannot set property for '{}': size is greater than available space".format(name)
        )
    one["refreservation"] = wanted


def get(pool, words):
    plain, given = take(words, "Hp", "o")
    if not given.get("H") or not given.get("p") or len(plain) != 2:
        raise Refused("this stand-in gets properties with -Hp of one data set", UNKNOWN)
    props, name = plain[0].split(","), plain[1]
    bad = [prop for prop in props if ":" not in prop and prop not in NATIVE]
    if bad:
        raise Refused("bad property list: invalid property '{}'\nusage:".format(bad[0]), 2)
    pool.open(name)
    columns = given.get("o", ["name,property,value,source"])[-1].split(",")
    lines = []
    for prop in props:
        found = pool.value(name, prop)
        row = {"name": name, "property": prop, "value": "-" if found is None else found}
        lines.append("\t".join(row.get(column, "local") for column in columns))
    return lines


def list_sets(pool, words):
    plain, given = take(words, "H", "otd")
    if not given.get("H") or given.get("o") != ["name"] or len(plain) != 1:
        raise Refused("this stand-in lists names with -H below one data set", UNKNOWN)
    (top,) = plain
    kinds = given["t"][-1].split(",")
    pool.open(top)
    return [
        name
        for name in sorted([top, *pool.children(top)])
        if pool.sets[name]["type"] in kinds
        and name[len(top) :].count("/") + name[len(top) :].count("@") <= int(given["d"][-1])
    ]


VERBS = {
    "clone": clone,
    "create": create,
    "destroy": destroy,
    "get": get,
    "list": list_sets,
    "rollback": rollback,
    "set": set_property,
    "snapshot": snapshot,
}


def make_pool(directory, name="zroot/nova", size=1 << 40, **properties):
    """Make a pool with one data set in it, for the checks: of so many bytes."""
    for place in ("data", "dev/zvol"):
        os.makedirs(os.path.join(directory, place))
    kept = {"set": {}, "txg": 0, "type": "filesystem"}
    above = name.split("/")
    sets = {"/".join(above[:count]): dict(kept, set={}) for count in range(1, len(above) + 1)}
    sets[name]["set"].update(properties)
    state = {"allow": None, "busy": [], "datasets": sets, "size": size, "txg": 0}
    with open(os.path.join(directory, "pool.json"), "w", encoding="utf-8") as pool:
        json.dump(state, pool)


def answer(directory, words):
    """Do on a pool what the words say; give the exit status, the output and the complaint."""
    try:
        if not words or words[0] not in VERBS:
            raise Refused("this stand-in has " + ", ".join(sorted(VERBS)), UNKNOWN)
        pool = Pool(directory)
        lines = VERBS[words[0]](pool, words[1:])
    except Refused as refused:
        return refused.status, "", "{}\n".format(refused)
    if words[0] not in ("get", "list"):
        pool.save()
    return 0, "".join(line + "\n" for line in lines or ()), ""


if __name__ == "__main__":
    status, output, complaint = answer(os.environ["ZFS_STANDIN"], sys.argv[1:])
    sys.stdout.write(output)
    sys.stderr.write(complaint)
    sys.exit(status)
