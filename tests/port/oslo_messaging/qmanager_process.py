"""A service of its own process group with one worker; prints the queue names that it took.

    python -c "import qmanager_process; qmanager_process.main()" LOCK_PATH HOST PROCESS

One line: a JSON list with the master's name, the worker's, and the master's next one.
"""

import json
import os
import sys

from oslo_concurrency import lockutils
from oslo_messaging._drivers import amqpdriver


def main():
    lock_path, *names = sys.argv[1:]
    lockutils.set_defaults(lock_path=lock_path)
    is_followed = hasattr(amqpdriver.QManager, "_service_identity")
    if not is_followed:
        os.setsid()  # a manager of this version keeps the group that it was made in
    manager = amqpdriver.QManager(*names)
    if is_followed:
        os.setsid()  # as supervisors do, after the manager was made
    taken = [manager.get(), worker_name(manager), manager.get()]
    print(json.dumps(taken), flush=True)


def worker_name(manager):
    """The name that a forked worker takes with the manager it inherited."""
    reading, writing = os.pipe()
    worker = os.fork()
    if worker == 0:
        os.write(writing, manager.get().encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(worker, 0)
    with os.fdopen(reading) as stream:
        return stream.read()
