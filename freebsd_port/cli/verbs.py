"""Every verb with its one-line help: what the lists show, and the first line of each `--help`."""

from __future__ import annotations

SECTIONS = {
    "Apply": {
        "venv": "Make the environment of a release from its requirements lock.",
        "apply": "Apply the series to an environment or to any directory.",
        "push": "Apply the next patches.",
        "pop": "Remove patches from the top.",
        "status": "Show which patches are applied, and whether every file is intact.",
        "series": "List the patches in order; lock them, or check every prefix.",
    },
    "Verify": {
        "verify": "Run the checks in the patched environment, and name the hunks that none ran.",
        "check": "Report where series, files, headers, locks and pins disagree.",
    },
    "Review": {
        "review": "Show every hunk with what is known about it, and record decisions.",
        "interdiff": "Show what changed in the series between two releases or revisions.",
        "graph": "Show which patch needs which.",
    },
    "Rebase": {
        "rebase": "Rebase the series to another release with a three-way merge.",
        "releases": "List, add and update the releases and their pins.",
        "lock": "Lock the requirements of a release, with hashes.",
    },
    "Author": {
        "new": "Start a patch on top of the applied ones.",
        "edit": "Edit files as part of the top patch.",
        "add": "Add files to the top patch.",
        "remove": "Remove files from the top patch.",
        "refresh": "Update a patch from its files as they are now.",
        "diff": "Show what a patch changes in its files as they are now.",
        "files": "List the files that a patch changes.",
        "annotate": "Show which patch changed each line of a file.",
        "header": "Print or change the header of a patch.",
        "top": "Print the name of the top patch.",
        "next": "Print the name of the next patch.",
        "previous": "Print the name of the patch below the top one.",
        "rename": "Rename a patch.",
        "delete": "Remove a patch from the series.",
        "fold": "Merge a patch from standard input into the top patch.",
        "import": "Add patches from other files to the series.",
        "export": "Write the series as a mailbox, quilt directory, ports or one diff.",
    },
    "Run": {"host": "Set up a compute host, from the patched environment to running services."},
    "Shell": {"completion": "Print the completion script for a shell."},
}
"""The verbs of `freebsd-port`, by section and in the order in which the lists show them."""

VERBS = {verb: told for verbs in SECTIONS.values() for verb, told in verbs.items()}

VERBS_BELOW = {
    "series": {
        "lock": "Write series.lock: the digest of every patched file, before and after.",
        "check-order": "Check that every prefix of the series applies, compiles and imports.",
    },
    "verify": {
        "upstream": "Run upstream's own tests on the unpatched and the patched packages.",
    },
    "review": {
        "site": "Write the review as a website that needs no server.",
        "serve": "Serve the review on 127.0.0.1, with buttons that record decisions.",
    },
    "releases": {
        "outdated": "Ask the package index for newer versions of the pins, and newer releases.",
        "add": "Add a release, or change the pins of one.",
        "matrix": "Print the releases as the job matrix of a CI system.",
    },
    "host": {
        "init": "Write host.toml, the answers that the other verbs read.",
        "doctor": "Report what this host lacks to run nova, with the command that fixes it.",
        "config": "Write nova.conf and the files that belong to it, validated by oslo.config.",
        "database": "Create nova's databases and cells, or list the steps that remain.",
        "services": "Install, remove and show the rc.d scripts of nova's services.",
        "verify": "Check nova's services, cells and resources; boot a guest.",
        "console-bridge": "Connect guest consoles to their ports and logs.",
    },
}
"""The verbs below a verb."""
