"""Owns all that a run makes (processes, databases, a virtual host, a directory), and undoes it.

Runs in the target's Python, which has PyMySQL and kombu. Takes a JSON object a line and answers
each with one. When its input ends, however the other side came to its end, it undoes everything
and says what came of it. So nothing of a run is left even where the run is killed.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import kombu
import pymysql

GRACE = 190  # seconds that a service has after SIGTERM: nova itself gives its tasks 180
SETTLE = 10  # seconds in which a broker forgets queues and privileged daemons notice the end
QUEUES = ("conductor", "scheduler", "compute", "compute-alt")  # named after nova's topics


class Keeper:
    """Each public method is a verb; what it returns is the answer."""

    def __init__(self):
        self._processes = {}
        self._services = {}
        self._databases = []
        self._users = []
        self._vhost = None
        self._is_shared = True
        self._directory = None
        self._sockets = {}
        self._account = None
        self._broker = None

    def reach(self, broker, database):
        """Connect to both; None for each that answers, else what it said."""
        self._broker, self._account = broker, database
        found = {"broker": None, "database": None}
        try:
            with kombu.Connection(broker, connect_timeout=5) as connection:
                connection.connect()
        except Exception as error:  # of a dozen classes, by transport and refusal
            found["broker"] = _reason(error)
        try:
            self._connect().close()
        except (OSError, RuntimeError, pymysql.MySQLError) as error:
            found["database"] = _reason(error)
        return found

    def directory(self, path):
        """Own a directory that is there."""
        self._directory = path
        return {}

    def database(self, name):
        """Make a database; an error where it exists."""
        self._run_sql("CREATE DATABASE " + name)
        self._databases.append(name)
        return {}

    def adopt(self, databases, user):
        """Own databases and a user that somebody else will make; an error where they exist."""
        there = self._find_databases(databases) + self._find_user(user)
        if there:
            raise RuntimeError("there already: " + ", ".join(there))
        self._databases += databases
        self._users.append(user)
        return {}

    def vhost(self, name, user, url):
        """Make a virtual host for the user, and see that the broker at `url` has it."""
        control = shutil.which("rabbitmqctl")
        if control is None:
            return {"refused": "rabbitmqctl is not here"}
        self._vhost = name
        for words in (["add_vhost", name], ["set_permissions", "-p", name, user, *[".*"] * 3]):
            done = _control(*words)
            if done.returncode:
                self._delete_vhost()
                return {"refused": (done.stderr or done.stdout).strip().splitlines()[-1]}
        try:
            with kombu.Connection(url, connect_timeout=5) as connection:
                connection.connect()
        except Exception as error:
            self._delete_vhost()
            return {"refused": _reason(error)}
        self._broker, self._is_shared = url, False
        return {"refused": None}

    def busy(self):
        """Name the queues of a nova that the broker's virtual host holds."""
        return {"queues": [name for name in QUEUES if self._has_queue(name)]}

    def port(self):
        """Listen on a free port, for a service started later."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        number = listener.getsockname()[1]
        self._sockets[number] = listener
        return {"port": number}

    def release(self, port):
        """Stop listening on a port, for a service that listens by itself."""
        self._sockets.pop(port).close()
        return {}

    def service(self, name, script, pids, env, log):
        """Start a service by its rc.d script; that run of it `status` knows as NAME start.

        `pids` are the files of its process IDs.
        """
        self._services[name] = {"script": script, "pids": pids, "env": env, "log": log}
        return self.start(name + " start", [script, "start"], env, log)

    def start(self, name, command, env, log, port=None):
        """Start a process in a group of its own; `{fd}` in the command is the port's socket."""
        listener = self._sockets.pop(port, None)
        descriptors = [] if listener is None else [listener.fileno()]
        words = [word.replace("{fd}", str(*descriptors)) for word in command]
        with open(log, "ab") as stream:
            self._processes[name] = subprocess.Popen(
                words,
                env=env,
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                pass_fds=descriptors,
                start_new_session=True,
            )
        if listener is not None:
            listener.close()
        return {"pid": self._processes[name].pid}

    def status(self):
        """Exit status of each process by name; None while it runs."""
        return {name: process.poll() for name, process in self._processes.items()}

    def end(self, keep=False):
        """Undo everything; say how each running process ended, and what is left."""
        stopped = {**self._stop_services(), **self._stop()}
        left = self._strays()
        for undo in (self._drop_databases, self._delete_vhost, self._forget_queues):
            try:
                left += undo()
            except Exception as error:
                left.append(_reason(error))
        if self._directory and not keep:
            shutil.rmtree(self._directory, ignore_errors=True)
            left += [self._directory] * os.path.exists(self._directory)
        return {"stopped": stopped, "left": left}

    def _stop_services(self):
        """Stop them all at once by their scripts; then kill what is alive of them."""
        began = time.monotonic()
        stopping = {}
        for name, one in self._services.items():
            self._end_start(name)
            with open(one["log"], "ab") as stream:
                stopping[name] = subprocess.Popen(
                    [one["script"], "onestop"],
                    env=one["env"],
                    cwd=self._directory,
                    stdin=subprocess.DEVNULL,
                    stdout=stream,
                    stderr=subprocess.STDOUT,
                )
        stopped = {}
        for name, process in stopping.items():
            pids = [pid for path in self._services[name]["pids"] for pid in _alive(path)]
            try:
                status = process.wait(max(0, began + GRACE - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                status = None
            for pid in pids:
                if _is_alive(pid):
                    status = None
                    os.kill(pid, signal.SIGKILL)
            stopped[name] = {"status": status, "seconds": round(time.monotonic() - began, 1)}
        return stopped

    def _end_start(self, name):
        """Let a start that still runs come to its end, for what it starts must be stopped."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._processes[name + " start"].wait(GRACE)

    def _stop(self):
        running = {name: one for name, one in self._processes.items() if one.poll() is None}
        began = time.monotonic()
        for process in running.values():
            process.terminate()
        stopped = {}
        for name, process in running.items():
            try:
                status = process.wait(max(0, began + GRACE - time.monotonic()))
            except subprocess.TimeoutExpired:
                status = None
            stopped[name] = {"status": status, "seconds": round(time.monotonic() - began, 1)}
        for process in self._processes.values():  # whole groups, also of those long gone
            _kill_group(process.pid)
            process.wait()
        return stopped

    def _strays(self):
        """Name, and stop, what left its group and was started with a configuration of this run."""
        until = time.monotonic() + SETTLE
        while self._directory:
            found = _processes_that_name(f"--config-file {self._directory}/")
            if not found:
                break
            if time.monotonic() > until:
                for pid in found:
                    os.kill(pid, signal.SIGKILL)
                return ["process " + words for words in found.values()]
            time.sleep(0.2)
        return []

    def _drop_databases(self):
        for name in self._databases:
            self._run_sql("DROP DATABASE IF EXISTS " + name)
        accounts = [account for user in self._users for account in self._find_user(user)]
        for account in accounts:
            self._run_sql("DROP USER " + account)
        there = self._find_databases(self._databases) if self._databases else []
        users = [account for user in self._users for account in self._find_user(user)]
        return ["database " + name for name in there] + ["user " + one for one in users]

    def _find_databases(self, names):
        there = {row[0] for row in self._run_sql("SHOW DATABASES")}
        return [name for name in names if name in there]

    def _find_user(self, name):
        """Name each account of a user, as SQL has it."""
        rows = self._run_sql(f"SELECT Host FROM mysql.user WHERE User = '{name}'")
        return [f"'{name}'@'{row[0]}'" for row in rows]

    def _delete_vhost(self):
        name, self._vhost = self._vhost, None
        if name is None:
            return []
        _control("delete_vhost", name)
        listed = _control("list_vhosts", "--no-table-headers").stdout.split()
        return ["virtual host " + name] * (name in listed)

    def _forget_queues(self):
        """Delete from a shared virtual host, free before, the queues that the broker keeps.

        It deletes by itself those that were declared so, and later the reply queues of nova.
        """
        if not self._processes or not self._is_shared:
            return []
        until = time.monotonic() + SETTLE
        while self.busy()["queues"] and time.monotonic() < until:
            time.sleep(0.5)
        with kombu.Connection(self._broker, connect_timeout=5) as connection:
            for name in self.busy()["queues"]:
                for queue in (name, f"{name}.{socket.gethostname()}"):
                    with contextlib.suppress(*connection.channel_errors):
                        connection.channel().queue_delete(queue, if_unused=True)
        return ["queue " + name for name in self.busy()["queues"]]

    def _has_queue(self, name):
        with kombu.Connection(self._broker, connect_timeout=5) as connection:
            try:
                connection.channel().queue_declare(name, passive=True)
            except connection.channel_errors:
                return False
        return True

    def _connect(self):
        return pymysql.connect(connect_timeout=5, autocommit=True, **self._account)

    def _run_sql(self, statement):
        with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()


def _control(*words):
    return subprocess.run(
        ["rabbitmqctl", "-q", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def _alive(path):
    """The process that a file names, in a list, if it is alive."""
    try:
        with open(path) as file:
            pid = int(file.read())
    except (OSError, ValueError):
        return []
    return [pid] if _is_alive(pid) else []


def _is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _kill_group(number):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(number, signal.SIGKILL)


def _processes_that_name(text):
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=", "-o", "args="], capture_output=True, text=True, check=True
    )
    rows = (line.split(None, 1) for line in listed.stdout.splitlines() if text in line)
    return {int(row[0]): row[1] for row in rows if int(row[0]) != os.getpid()}


def _reason(error):
    return f"{type(error).__name__}: {error}".splitlines()[0]


def main():
    """Answer until the input ends, then undo what is not undone."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)  # a handler, as SIG_IGN would be inherited
    keeper = Keeper()
    is_ended = False
    for line in sys.stdin:
        asked = json.loads(line)
        verb, number = asked.pop("verb"), asked.pop("number")
        try:
            answer = getattr(keeper, verb)(**asked)
        except Exception as error:
            answer = {"error": _reason(error)}
        is_ended = verb == "end"
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps({"number": number, **answer}), flush=True)
    if not is_ended:
        keeper.end()


if __name__ == "__main__":
    main()
