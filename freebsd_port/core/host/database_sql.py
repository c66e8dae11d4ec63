"""The SQL that gives nova its databases, for an administrator of MariaDB, MySQL or PostgreSQL.

Every statement may run again, and again: nothing that is there is lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from freebsd_port.core.host.answers import Answers
from freebsd_port.core.host.rules import require_place

PLACEHOLDER = "***"
LOCAL = ("127.0.0.1", "::1", "localhost")


def render_sql(answers: Answers, password: str) -> str:
    """Give the statements, a line each; the password stands quoted in them."""
    is_mariadb = require_place(answers.database.url).scheme.startswith("mysql")
    lines = (_mariadb if is_mariadb else _postgresql)(answers, password)
    return "".join(f"{line}\n" for line in lines)


def _mariadb(answers: Answers, password: str) -> Iterator[str]:
    """Nova's user may come from where nova runs, and from nowhere else."""
    place = require_place(answers.database.url)
    is_local = place.host in LOCAL
    hosts = ("localhost", "127.0.0.1", "::1") if is_local else (answers.nova.address,)
    for name in answers.database.names:
        yield f"CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4;"
    yield "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES';"
    for host in hosts:
        user = f"'{place.user or 'nova'}'@'{host}'"
        yield f"CREATE USER IF NOT EXISTS {user} IDENTIFIED BY {_text(password)};"
        yield f"ALTER USER {user} IDENTIFIED BY {_text(password)};"
        for name in answers.database.names:
            pattern = name.replace("_", r"\_")
            yield f"GRANT ALL PRIVILEGES ON `{pattern}`.* TO {user};"


def _postgresql(answers: Answers, password: str) -> Iterator[str]:
    """Who may come from where is in pg_hba.conf there."""
    user = require_place(answers.database.url).user or "nova"
    role = f"FROM pg_roles WHERE rolname = {_text(user)}"
    yield _unless(f"CREATE ROLE {_name(user)} LOGIN", role)
    yield f"ALTER ROLE {_name(user)} LOGIN PASSWORD {_text(password)};"
    for name in answers.database.names:
        create = (
            f"CREATE DATABASE {_name(name)} OWNER {_name(user)} ENCODING 'UTF8' TEMPLATE template0"
        )
        yield _unless(create, f"FROM pg_database WHERE datname = {_text(name)}")
        yield f"ALTER DATABASE {_name(name)} OWNER TO {_name(user)};"


def _unless(statement: str, found: str) -> str:
    """Give what psql runs a statement by, where nothing is found."""
    return f"SELECT {_text(statement)} WHERE NOT EXISTS (SELECT {found})\\gexec"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return f'"{value}"'  # the rules of host.toml let no quote into a name
