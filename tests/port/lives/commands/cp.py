"""cp(1) with FreeBSD's options, which has no long ones; regular files only."""

import os
import shutil
import sys


def main(words):
    plain = [word for word in words if not word.startswith("-")]
    letters = "".join(word[1:] for word in words if word.startswith("-"))
    if set(letters) - set("aHLPRfilnpsvxr"):
        sys.exit("cp: illegal option -- " + letters)
    if len(plain) != 2 or not os.path.isfile(plain[0]):
        sys.exit("cp: this stand-in copies one file, not {}".format(plain))
    shutil.copyfile(*plain)


if __name__ == "__main__":
    main(sys.argv[1:])
