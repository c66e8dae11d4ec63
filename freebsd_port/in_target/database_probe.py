"""Run by path in nova's environment: prints what nova's user finds in its databases.

Standard input is JSON: `scheme`, `host`, `port`, `user`, `password`, `names`, the databases for the
API, the first cell and cell0, and `heads`, null or what it told of them before. Standard output is
JSON, as `core.host.database_steps` reads it, or {"unreachable": REASON}. It runs on Python 3.8 and
changes nothing.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

_GRANTS = "SHOW GRANTS"
_OWNED = "SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = current_user"
_DENIED = (1044, 1045, 1698)  # MariaDB's numbers for a user or password that is wrong


class RefusedError(Exception):
    """The server answers, and lets this user not in."""


class Server:
    """A database server, as nova's user sees it."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self._asked = asked
        self.is_mariadb = asked["scheme"].startswith("mysql")

    def rows(self, database: str | None, *statements: str) -> list[Sequence[Any]]:
        """Give what the statements find, one after the other."""
        connection = self._connect(database)
        found: list[Sequence[Any]] = []
        try:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
                found += cursor.fetchall()
        finally:
            connection.close()
        return found

    def has_table(self, database: str, table: str) -> bool:
        """Tell whether the schema got that far."""
        schema = "database()" if self.is_mariadb else "current_schema()"
        where = f"table_schema = {schema} AND table_name = '{table}'"
        statement = f"SELECT 1 FROM information_schema.tables WHERE {where}"  # noqa: S608
        return bool(self.rows(database, statement))

    def usable(self) -> list[str]:
        """Give the databases in which everything is allowed."""
        if not self.is_mariadb:
            return [row[0] for row in self.rows("postgres", _OWNED)]
        grants = [row[0].replace("\\", "") for row in self.rows(None, _GRANTS)]
        there = {row[0] for row in self.rows(None, "SHOW DATABASES")}
        return [
            name
            for name in self._asked["names"]
            if name in there
            and any(
                one.startswith(
                    (f"GRANT ALL PRIVILEGES ON `{name}`.*", "GRANT ALL PRIVILEGES ON *.*")
                )
                for one in grants
            )
        ]

    def connections(self) -> int:
        """Give max_connections."""
        if self.is_mariadb:
            return int(self.rows(None, "SELECT @@max_connections")[0][0])
        return int(self.rows("postgres", "SHOW max_connections")[0][0])

    def _connect(self, database: str | None) -> Any:
        asked = self._asked
        login = {name: asked[name] for name in ("host", "port", "user", "password")}
        if self.is_mariadb:
            import pymysql  # type: ignore[import-untyped]

            try:
                return pymysql.connect(**login, database=database, connect_timeout=20)
            except pymysql.err.OperationalError as error:
                if error.args[0] in _DENIED:
                    raise RefusedError(str(error.args[1])) from error
                raise
        import psycopg2  # type: ignore[import-untyped]

        try:
            return psycopg2.connect(**login, dbname=database, connect_timeout=20)
        except psycopg2.OperationalError as error:
            if "FATAL" in str(error):
                raise RefusedError(str(error).strip()) from error
            raise


def look(server: Server, names: list[str], heads: dict[str, str | None] | None) -> dict[str, Any]:
    """Give all that can be seen; nothing of a database that is not there."""
    told: dict[str, Any] = {
        "refusal": "", "usable": [], "versions": {}, "cells": [], "computes": 0, "unmapped": [],
        "connections": None, "heads": heads or {name: head(name) for name in ("api", "main")},
    }  # fmt: skip
    try:
        told["usable"] = server.usable()
        told["connections"] = server.connections()
    except RefusedError as error:
        told["refusal"] = str(error)
    api, main, _ = names
    for name in told["usable"]:
        if name in names and server.has_table(name, "alembic_version"):
            found = server.rows(name, "SELECT version_num FROM alembic_version")
            told["versions"][name] = found[0][0] if found else None
    if api in told["versions"] and server.has_table(api, "cell_mappings"):
        columns = "uuid, name, database_connection, transport_url"
        told["cells"] = server.rows(api, f"SELECT {columns} FROM cell_mappings")  # noqa: S608
    if main in told["versions"] and server.has_table(main, "compute_nodes"):
        rows = server.rows(main, "SELECT host, mapped FROM compute_nodes WHERE deleted = 0")
        told["computes"] = len(rows)
        told["unmapped"] = sorted({host for host, mapped in rows if not mapped})
    return told


def head(which: str) -> str | None:
    """Give the newest version of a schema; nova itself is not imported."""
    from alembic.script import ScriptDirectory  # type: ignore[import-not-found]

    spec = importlib.util.find_spec("nova")
    if spec is None or spec.origin is None:
        raise RuntimeError("the environment has no nova")
    place = os.path.join(os.path.dirname(spec.origin), "db", which, "migrations")
    newest: str | None = ScriptDirectory(place).get_current_head()
    return newest


def main() -> None:
    """Look, print; a server that does not answer is an answer."""
    asked = json.load(sys.stdin)
    try:
        told = look(Server(asked), asked["names"], asked["heads"])
    except ImportError as error:
        told = {"unreachable": f"the environment has no module {error.name}"}
    except Exception as error:  # of whichever driver
        if type(error).__name__ != "OperationalError":
            raise
        told = {"unreachable": str(error.args[-1]).strip()}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    del sys.path[0]  # our own directory: its names are not to hide the environment's
    main()
