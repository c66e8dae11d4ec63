"""`host database`: look what nova's databases lack, and take the steps that are left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from freebsd_port.engine.core.progress import counting
from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.database import (
    LOCAL,
    PLACEHOLDER,
    DatabaseStep,
    judge_steps,
    parse_facts,
    render_sql,
    scarce_connections,
)
from freebsd_port.host.ops.passwords import UnpreparedError, require_password
from freebsd_port.host.store.database_server import DatabaseServer
from freebsd_port.host.store.files import below

_PASSWORD = ("database", "the database")
"""Which password, and whose it is."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the databases are, at last."""

    steps: tuple[DatabaseStep, ...]
    taken: tuple[str, ...]
    """Names of the steps taken now."""

    scarce_connections: int | None
    """max_connections of the server, where it is little."""


def print_sql(answers: Answers) -> str:
    """Give the SQL with asterisks for the password."""
    return render_sql(answers, PLACEHOLDER)


def look_at_databases(answers: Answers, passwords_path: Path, root: Path) -> Outcome:
    """Change nothing. Raises DatabaseError where no server answers."""
    server = _server(answers, require_password(passwords_path, *_PASSWORD), root)
    facts = parse_facts(server.look(answers.database.names))
    return Outcome(judge_steps(facts, answers), (), scarce_connections(facts))


def take_steps(
    answers: Answers,
    passwords_path: Path,
    root: Path,
    defaults_file: Path | None,
    progress: Callable[[str], None],
) -> Outcome:
    """Take what is left, in order, and look after each. Raises at the first that fails.

    nova's configuration is that below `root`.

    What was done before is seen and not done again, whoever did it.
    """
    password = require_password(passwords_path, *_PASSWORD)
    server = _server(answers, password, root)
    if not server.config.is_file():
        raise UnpreparedError(
            "nova is not configured", where=str(server.config), hint="freebsd-port host config"
        )
    taken: list[str] = []
    heads: Mapping[str, str] | None = None
    while True:
        facts = parse_facts(server.look(answers.database.names, heads))
        heads = facts.heads
        few = scarce_connections(facts)
        steps = judge_steps(facts, answers)
        step = next((one for one in steps if one.state == "left"), None)
        if step is None:
            return Outcome(steps, tuple(taken), few)
        _require_new(step, taken, server)
        note = f"; the server's max_connections is only {few}" if few and step.words else ""
        progress(f"{step.name}: {step.detail}{note}")
        with counting(progress, step.name):
            if step.words:
                server.manage(step.words)
            else:
                is_local = server.url.host in LOCAL
                server.administer(render_sql(answers, password), defaults_file, is_local=is_local)
        taken.append(step.name)


def _require_new(step: DatabaseStep, taken: list[str], server: DatabaseServer) -> None:
    if step.name in taken:
        raise UnpreparedError(
            f"{step.name} ended well and is not done: {step.detail}",
            where=str(server.config),
            hint="see that nova.conf and host.toml agree: freebsd-port host config --dry-run",
        )


def _server(answers: Answers, password: str, root: Path) -> DatabaseServer:
    return DatabaseServer(
        answers.database.url,
        Path(answers.nova.environment),
        below(root, answers.nova.config) / "nova.conf",
        password,
    )
