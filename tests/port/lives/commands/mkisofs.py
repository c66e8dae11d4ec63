"""mkisofs(8): a file with the mark of ISO 9660 and the content of a directory, one file a line.

A real one is not needed: no guest reads it, and the checks look for names and content.
"""

import os
import sys

SECTOR = 2048
FLAGS = ("-ldots", "-allow-lowercase", "-allow-multidot", "-l", "-quiet", "-J", "-r")
VALUED = ("-o", "-publisher", "-V")


def main(words):
    plain, options, rest = [], {}, iter(words)
    for word in rest:
        if word in VALUED:
            options[word] = next(rest)
        elif word not in FLAGS:
            plain.append(word)
    if len(plain) != 1 or plain[0].startswith("-"):
        sys.exit("mkisofs: what is {}?".format(plain))
    with open(options["-o"], "wb") as image:
        image.write(bytes(16 * SECTOR) + b"\1CD001\1" + options["-V"].encode() + b"\n")
        for directory, _, names in sorted(os.walk(plain[0])):
            for name in sorted(names):
                path = os.path.join(directory, name)
                with open(path, "rb") as content:
                    line = os.path.relpath(path, plain[0]).encode() + b" " + content.read()
                image.write(line + b"\n")
        image.write(bytes(-image.tell() % SECTOR))


if __name__ == "__main__":
    main(sys.argv[1:])
