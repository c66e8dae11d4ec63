"""Writing a value into another program's grammar, so that its parser reads exactly that value.

Each function raises ValueError for a value that its grammar cannot hold. Nothing else in a host's
files is put together from values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

_INERT = re.compile(r"[A-Za-z0-9/._+@:=-]+")


def _refuse_control_characters(value: str) -> None:
    if not value.isprintable():
        raise ValueError("a control character")


def oslo_option(value: str) -> str:
    """Render the value of an option for oslo.config, for a string that refers to no option.

    Source: oslo_config/iniparser.py, which strips blanks and one pair of quotes, and
    ConfigOpts._substitute, which takes `\\$` for `$$`: so nothing stands for a backslash before
    a dollar.
    """
    _refuse_control_characters(value)
    if "\\$" in value:
        raise ValueError("a backslash before a dollar sign")
    text = value.replace("$", "$$")
    is_quoted = value[:1] in ("'", '"') and value[:1] == value[-1:]
    return f'"{text}"' if is_quoted or value != value.strip() else text


def sh_word(value: str) -> str:
    """Render a word for a script of rc.subr(8), which reads its variables twice or more.

    Quoting cannot be right for every reading, so only what means itself in all of them is taken.
    """
    if not _INERT.fullmatch(value):
        raise ValueError(f"{value!r} has a character that means something to a shell")
    return value


def search_path(directories: Iterable[str]) -> str:
    """Render PATH."""
    names = list(directories)
    if any(":" in name for name in names):
        raise ValueError("a directory with a colon")
    return sh_word(":".join(names))


def newsyslog_field(value: str) -> str:
    """Render a field of newsyslog.conf(5): blanks end it, `#` begins a comment."""
    return value if value == "*" else sh_word(value)


def python_text(value: str) -> str:
    """Render a string literal of Python, in double quotes where it can be."""
    return json.dumps(value) if value.isascii() and value.isprintable() else repr(value)


def rootwrap_list(values: Iterable[str]) -> str:
    """Render a list of directories for rootwrap.conf."""
    names = list(values)
    if any("," in name for name in names):
        raise ValueError("a directory with a comma")
    return ",".join(map(sh_word, names))


def rootwrap_pattern(value: str) -> str:
    """Render a field of a RegExpFilter that matches exactly this value."""
    return re.escape(sh_word(value))


def sql_text(value: str) -> str:
    """Render a string literal of standard SQL.

    PostgreSQL reads it so by default, MariaDB and MySQL in the mode NO_BACKSLASH_ESCAPES.
    """
    _refuse_control_characters(value)
    return "'" + value.replace("'", "''") + "'"


def mariadb_name(value: str) -> str:
    """Render the name of a database for MariaDB and MySQL."""
    _refuse_control_characters(value)
    return "`" + value.replace("`", "``") + "`"


def mariadb_name_pattern(value: str) -> str:
    """Render the database of a GRANT, where `_` and `%` are wildcards, to match one name only."""
    return mariadb_name(re.sub(r"[\\_%]", r"\\\g<0>", value))


def mariadb_account(user: str, host: str) -> str:
    """Render an account of MariaDB and MySQL; wildcards are refused in the host."""
    if "%" in host or "_" in host:
        raise ValueError("a wildcard in the host of an account")
    return f"{sql_text(user)}@{sql_text(host)}"


def postgresql_name(value: str) -> str:
    """Render the name of a role or database for PostgreSQL."""
    _refuse_control_characters(value)
    return '"' + value.replace('"', '""') + '"'


def fill_template(template: str, values: Mapping[str, str]) -> str:
    """Put values in the places of `@NAME@`. What a value holds is not a place."""
    return re.sub(r"@([A-Z_]+)@", lambda found: values[found[1]], template)
