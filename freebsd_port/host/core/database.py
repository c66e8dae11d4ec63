"""What nova's databases need, in order, judged by what is there, and the SQL that creates them.

Every statement can be run again: nothing that exists is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.grammars import (
    mariadb_account,
    mariadb_name,
    mariadb_name_pattern,
    postgresql_name,
    sql_text,
)
from freebsd_port.host.core.server_url import ServerUrl

PLACEHOLDER = "***"
LOCAL = ("127.0.0.1", "::1", "localhost")


def render_sql(answers: Answers, password: str) -> str:
    """Give the statements, a line each; the password stands quoted in them."""
    is_mariadb = answers.database.url.scheme.startswith("mysql")
    lines = (_mariadb if is_mariadb else _postgresql)(answers, password)
    return "".join(f"{line}\n" for line in lines)


def _mariadb(answers: Answers, password: str) -> Iterator[str]:
    """Nova's user may come from where nova runs, and from nowhere else."""
    server = answers.database.url
    is_local = server.host in LOCAL
    hosts = ("localhost", "127.0.0.1", "::1") if is_local else (str(answers.nova.address),)
    for name in answers.database.names:
        yield f"CREATE DATABASE IF NOT EXISTS {mariadb_name(name)} CHARACTER SET utf8mb4;"
    yield "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES';"
    for host in hosts:
        user = mariadb_account(server.user or "nova", host)
        yield f"CREATE USER IF NOT EXISTS {user} IDENTIFIED BY {sql_text(password)};"
        yield f"ALTER USER {user} IDENTIFIED BY {sql_text(password)};"
        for name in answers.database.names:
            yield f"GRANT ALL PRIVILEGES ON {mariadb_name_pattern(name)}.* TO {user};"


def _postgresql(answers: Answers, password: str) -> Iterator[str]:
    """Who may come from where is in pg_hba.conf there."""
    user = answers.database.url.user or "nova"
    role = f"FROM pg_roles WHERE rolname = {sql_text(user)}"
    yield _unless(f"CREATE ROLE {postgresql_name(user)} LOGIN", role)
    yield f"ALTER ROLE {postgresql_name(user)} LOGIN PASSWORD {sql_text(password)};"
    for name in answers.database.names:
        owned = f"{postgresql_name(name)} OWNER {postgresql_name(user)}"
        create = f"CREATE DATABASE {owned} ENCODING 'UTF8' TEMPLATE template0"
        yield _unless(create, f"FROM pg_database WHERE datname = {sql_text(name)}")
        yield f"ALTER DATABASE {postgresql_name(name)} OWNER TO {postgresql_name(user)};"


def _unless(statement: str, found: str) -> str:
    """Give what psql runs a statement by, where nothing is found."""
    return f"SELECT {sql_text(statement)} WHERE NOT EXISTS (SELECT {found})\\gexec"


CELL0 = "00000000-0000-0000-0000-000000000000"
ENOUGH_CONNECTIONS = 500
"""Each process of nova may keep 55 to each database: oslo.db's pool of 5, and 50 beyond it."""

State = Literal["done", "left", "later"]
"""There; to be run; to be run when something else happened first."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the server and the environment say."""

    refusal: str
    """Why nova's user cannot log in; empty when it can."""

    usable: frozenset[str]
    """Databases in which nova's user may do everything."""

    versions: Mapping[str, str | None]
    """Database to the version of its schema, None without one."""

    heads: Mapping[str, str]
    """`api` and `main` to the version that the environment's nova wants."""

    cells: tuple[NovaCell, ...]
    computes: int
    """Compute hosts that ever reported."""

    unmapped: tuple[str, ...]
    """Those of them that are in no cell."""

    connections: int | None
    """The server's max_connections."""


@dataclass(frozen=True, slots=True)
class NovaCell:
    """A row of nova's cell mappings."""

    uuid: str
    name: str
    database: str
    transport: str


@dataclass(frozen=True, slots=True)
class DatabaseStep:
    """One step, and how it is taken."""

    name: str
    state: State
    detail: str = ""
    words: tuple[str, ...] = ()
    """For nova-manage; empty for the SQL."""


def parse_facts(told: Mapping[str, Any]) -> Facts:
    """Take what `database_probe` printed."""
    return Facts(
        refusal=told["refusal"],
        usable=frozenset(told["usable"]),
        versions=told["versions"],
        heads=told["heads"],
        cells=tuple(NovaCell(*row) for row in told["cells"]),
        computes=told["computes"],
        unmapped=tuple(told["unmapped"]),
        connections=told["connections"],
    )


def judge_steps(facts: Facts, answers: Answers) -> tuple[DatabaseStep, ...]:
    """Give every step in the order in which they are taken."""
    database = answers.database
    api, main, cell0 = database.names
    versions, heads = facts.versions, facts.heads
    missing = [name for name in database.names if name not in facts.usable]
    lacks = facts.refusal or (f"no right to {', '.join(missing)}" if missing else "")
    return (
        DatabaseStep("databases and user", "left" if lacks else "done", lacks),
        DatabaseStep("api_db sync", *_version(versions.get(api), heads["api"]), ("api_db", "sync")),
        *_cells(facts, answers, is_zero=True),
        DatabaseStep(
            "db sync",
            *max((_version(versions.get(one), heads["main"]) for one in (main, cell0)), key=_left),
            ("db", "sync"),
        ),
        *_cells(facts, answers, is_zero=False),
        _discovery(facts),
    )


def scarce_connections(facts: Facts) -> int | None:
    """Give the server's max_connections if nova may need more."""
    scarce = facts.connections is not None and facts.connections < ENOUGH_CONNECTIONS
    return facts.connections if scarce else None


def _version(found: str | None, wanted: str) -> tuple[State, str]:
    if found == wanted:
        return "done", ""
    return "left", f"schema {found}, nova wants {wanted}" if found else "no schema"


def _left(judged: tuple[State, str]) -> bool:
    return judged[0] == "left"


def _cells(facts: Facts, answers: Answers, *, is_zero: bool) -> Iterator[DatabaseStep]:
    """Judge a cell; its addresses are templates, which nova fills from its own configuration.

    So no password gets to a command line, or into the mapping, and a new one needs no change.
    """
    name = "cell0" if is_zero else "cell1"
    found = next(
        (one for one in facts.cells if (one.uuid == CELL0 if is_zero else one.name == name)), None
    )
    database = _template(answers.database.url, "{path}?{query}")
    if is_zero:
        database = _template(answers.database.url, f"{answers.database.names[2]}?{{query}}")
    transport = "none:///" if is_zero else _template(answers.broker.url, "{path}")
    places: tuple[str, ...] = ("--database_connection", database)
    if not is_zero:
        places += ("--transport-url", transport)
    if found is None:
        verb = ("map_cell0",) if is_zero else ("create_cell", "--name", name)
        yield DatabaseStep(
            f"cell_v2 {verb[0]}", "left", "no such cell", ("cell_v2", *verb, *places)
        )
    elif (found.database, found.transport) != (database, transport):
        words: tuple[str, ...] = ("cell_v2", "update_cell", "--cell_uuid", found.uuid, *places)
        if is_zero:
            words += ("--transport-url", transport)
        yield DatabaseStep(
            f"cell_v2 update_cell {name}", "left", "it has addresses of its own", words
        )
    else:
        yield DatabaseStep(f"cell_v2 {'map_cell0' if is_zero else 'create_cell'}", "done")


def _template(url: ServerUrl, path: str) -> str:
    host = "[{hostname}]" if ":" in url.host else "{hostname}"
    return f"{{scheme}}://{{username}}:{{password}}@{host}:{{port}}/{path}"


def _discovery(facts: Facts) -> DatabaseStep:
    name, words = "cell_v2 discover_hosts", ("cell_v2", "discover_hosts")
    if facts.unmapped:
        return DatabaseStep(name, "left", f"in no cell: {', '.join(facts.unmapped)}", words)
    if not facts.computes:
        return DatabaseStep(
            name, "later", "no nova-compute has reported yet; run it again then", words
        )
    return DatabaseStep(name, "done", f"compute hosts: {facts.computes}")
