"""Start a real privsep daemon, ask it who it is, and print the answer as JSON.

Usage: python -c "import daemon_client; daemon_client.main()" fork|helper CONFIG_FILE [AS_USER]
   or: python -c "import daemon_client; daemon_client.main_after_kills()" helper CONFIG_FILE
It is imported because a daemon started by a helper looks the context up by its module's name.

CONFIG_FILE has a section [checks], read by the context below. AS_USER is whom this process
becomes before it starts the daemon. Prints one line with "pid" and either "error" (the name
of what start() raised) or "identity", and "output" of the command in DAEMON_CLIENT_COMMAND if
there is one; what the daemon logs goes to standard error. main_after_kills() asks again after the
daemon was killed, and again, and prints a line with "pid" of the daemon and perhaps "error" for
each call.
"""

import errno
import json
import logging
import os
import pwd
import signal
import subprocess
import sys
import threading

from oslo_config import cfg
from oslo_privsep import capabilities, priv_context

COMMAND = "DAEMON_CLIENT_COMMAND"
HELPER = "from oslo_privsep import daemon; daemon.helper_main()"

context = priv_context.PrivContext(
    "daemon_client",
    cfg_section="checks",
    pypath="daemon_client.context",
    capabilities=[capabilities.CAP_SYS_ADMIN, capabilities.CAP_NET_ADMIN],
)


@context.entrypoint
def identity():
    """Ids of the daemon's process, its groups, and how an attempt to be root ended."""
    found = {
        "pid": os.getpid(),
        "uids": os.getresuid(),
        "gids": os.getresgid(),
        "groups": os.getgroups(),
    }
    try:
        os.setuid(0)
        found["root"] = "granted"
    except OSError as error:
        found["root"] = errno.errorcode[error.errno]
    return found


@context.entrypoint
def output(*command):
    """What a command printed that the daemon ran."""
    return subprocess.check_output(command).decode()


def become(name):
    # Loaded late by the library; whoever we become may have no access to Python's directory.
    import concurrent.futures.thread  # noqa: F401

    user = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def await_last_words():
    """Wait until all that a daemon logged before its end has been logged here."""
    for thread in threading.enumerate():
        if thread.name == "privsep_reader":
            thread.join(timeout=30)


def configure(config_file):
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    cfg.CONF(["--config-file", config_file], project="checks")
    command = [sys.executable, "-c", "'%s'" % HELPER, "--config-file", config_file]
    cfg.CONF.set_override("helper_command", " ".join(command), group="checks")


def main():
    method, config_file, as_user = [*sys.argv[1:], None][:3]
    configure(config_file)
    if as_user is not None:
        become(as_user)
    answer = {}
    try:
        context.start(
            priv_context.Method.FORK if method == "fork" else priv_context.Method.ROOTWRAP
        )
        answer["identity"] = identity()
        if COMMAND in os.environ:
            answer["output"] = output(*os.environ[COMMAND].split())
    except Exception as error:
        answer["error"] = type(error).__name__
        await_last_words()
    answer["pid"] = os.getpid()
    print(json.dumps(answer), flush=True)


def main_after_kills():
    configure(sys.argv[2])
    pid = None
    for _ in range(3):
        try:
            pid = identity()["pid"]
            answer = {"pid": pid}
        except Exception as error:
            answer = {"pid": pid, "error": type(error).__name__}
        else:
            os.kill(pid, signal.SIGKILL)
            await_last_words()
        print(json.dumps(answer), flush=True)
