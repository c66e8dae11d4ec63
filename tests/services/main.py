"""From the wishes of a caller to the report of a run."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from freebsd_port.errors import PortError
from services.beside import require_beside
from services.configuration import PORTS, Host, Run
from services.http import ApiError
from services.keeping import Keeper, KeeperError
from services.place import BROKER, DATABASE, ROOT, Address, Target, find_address
from services.report import FAILED, PASSED, SKIPPED, Report, last_lines
from services.session import PAUSE, NotThere, Session, StepError

NAME = "freebsd_port_"  # begins all that a run makes
FAILURES = (StepError, KeeperError, ApiError, PortError, RuntimeError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller wants."""

    target: Target
    host: Host
    timeout: float
    is_kept: bool
    progress: TextIO


def run(wishes: Wishes, walk: Callable[[Session], None]) -> Report:
    """Walk through a session and undo it; a failure is in the report, Ctrl-C too."""
    began = time.monotonic()
    name = NAME + uuid.uuid4().hex[:8]
    report = Report(name)
    directory = Path(tempfile.mkdtemp(prefix=name + "-"))
    env = environment(directory)
    keeper = Keeper(wishes.target, env)
    session = None
    deadline = began + wishes.timeout
    held = contextlib.ExitStack()

    def tell(line: str) -> None:
        print(f"...    {line}", file=wishes.progress, flush=True)

    try:
        keeper.ask("directory", path=str(directory))
        tell(f"run {name}, at most {wishes.timeout:.0f} s")
        session = Session(
            run=prepare(name, directory, keeper, report, held, deadline),
            target=wishes.target,
            keeper=keeper,
            report=report,
            env=env,
            deadline=deadline,
            host=wishes.host,
            progress=wishes.progress,
            beside=require_beside(wishes.target, tell),
        )
        walk(session)
        report.result = PASSED
    except NotThere as reason:
        report.result, report.reason = SKIPPED, str(reason)
    except FAILURES as error:
        report.reason = str(error)
        tell_log(session, getattr(error, "log", None))
    except KeyboardInterrupt as interrupt:
        report.reason = f"interrupted by {str(interrupt) or 'SIGINT'}"
    finish(keeper, report, wishes.is_kept)
    held.close()
    report.kept = str(directory) if wishes.is_kept else None
    report.seconds = round(time.monotonic() - began, 1)
    return report


def environment(directory: Path) -> dict[str, str]:
    """The variables of every process of the run.

    The project is this checkout, in which the guide works; a run works in a directory of its own.
    Where Python may write no bytecode, the run's directory takes it: else each of the processes
    would compile all of nova anew.
    """
    env = dict(os.environ)
    for name in [name for name in env if name.startswith(("OS_", "PYTHONPATH", "FREEBSD_PORT_"))]:
        del env[name]
    if env.pop("PYTHONDONTWRITEBYTECODE", None):
        env["PYTHONPYCACHEPREFIX"] = str(directory / "bytecode")
    return env | {
        "FREEBSD_PORT_PROJECT": str(ROOT),
        "OS_NOVA_DISABLE_EVENTLET_PATCHING": "true",
        "PYTHONUNBUFFERED": "1",
    }


def prepare(
    name: str,
    directory: Path,
    keeper: Keeper,
    report: Report,
    held: contextlib.ExitStack,
    deadline: float,
) -> Run:
    """Reach broker and database and claim a virtual host; raises NotThere or StepError."""
    if shutil.which("ps") is None:
        raise NotThere("ps is not installed; on Debian: apt-get install procps")
    broker, database = find_address(BROKER), find_address(DATABASE)
    found = keeper.ask("reach", broker=broker.url, database=database.account)
    for address, what in ((broker, "broker"), (database, "database")):
        if found[what] is None:
            continue
        message = f"no {what} answers at {address.server} ({found[what]}); set {address.variable}"
        raise StepError(message) if address.is_chosen else NotThere(message)
    vhost = claim_vhost(name, broker, keeper, held, deadline)
    report.broker = f"{broker.server}, virtual host {vhost or '/'}"
    report.database = database.server
    ports = {what: keeper.ask("port")["port"] for what in PORTS}
    return Run(name, directory, database, broker.with_path("rabbit", vhost or "/"), ports)


def claim_vhost(
    name: str, broker: Address, keeper: Keeper, held: contextlib.ExitStack, deadline: float
) -> str:
    """Make a virtual host where this machine's rabbitmqctl can, else take the URL's, if free.

    Runs of this checkout take turns on that one.
    """
    if broker.is_local and not broker.path:
        url = broker.with_path("amqp", name)
        if keeper.ask("vhost", name=name, user=broker.user, url=url)["refused"] is None:
            return name
    wait_for_turn(held, deadline)
    queues = keeper.ask("busy")["queues"]
    if queues:
        raise StepError(
            f"a nova uses this virtual host, its queues are {', '.join(queues)}; "
            f"name another one with {broker.variable}"
        )
    return broker.path


def wait_for_turn(held: contextlib.ExitStack, deadline: float) -> None:
    """Wait until no other run of this checkout holds the shared virtual host, then hold it."""
    file = held.enter_context(Path(__file__).open())  # noqa: SIM115 - open for the run
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                message = "no time left while another run uses the broker's virtual host"
                raise StepError(message) from None
            time.sleep(PAUSE)
        else:
            return


def finish(keeper: Keeper, report: Report, is_kept: bool) -> None:
    """Undo everything; what is left, or had to be killed, is a failure."""
    try:
        ended = keeper.end(keep=is_kept)
    except (KeeperError, KeyboardInterrupt) as error:
        report.result, report.reason = FAILED, report.reason or f"not undone: {error}"
        return
    report.stopped, report.left = ended["stopped"], ended["left"]
    unclean = [
        f"{name} (status {one['status']} after {one['seconds']} s)"
        for name, one in report.stopped.items()
        if one["status"] != 0
    ]
    if report.result == PASSED and (unclean or report.left):
        report.result = FAILED
        report.reason = f"did not stop as it should: {', '.join([*unclean, *report.left])}"


def tell_log(session: Session | None, name: str | None) -> None:
    """Show the end of the log that tells more."""
    if session is None or name is None:
        return
    lines = list(last_lines(session.log(name)))
    if lines:
        session.tell(f"the last lines of {name}:")
        for line in lines:
            session.tell("  " + line[:300])
