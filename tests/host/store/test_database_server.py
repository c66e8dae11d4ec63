"""What the programs that speak to a database are told, and how."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from freebsd_port.host.core.server_url import parse_server_url
from freebsd_port.host.store.database_server import DatabaseError, DatabaseServer

SECRET = "s3cr/t @"
QUOTED = "s3cr%2Ft%20%40"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that alone is on PATH; its programs note what they are told, and end with 3."""
    place = tmp_path / "bin"
    place.mkdir()
    text = (
        f"#!{sys.executable}\nimport sys\nfrom pathlib import Path\n"
        f"Path({str(tmp_path / 'told')!r}).write_text(repr((sys.argv[1:], sys.stdin.read())))\n"
        f"print('refused: {SECRET} and {QUOTED}', file=sys.stderr)\nsys.exit(3)\n"
    )
    for name in ("mysql", "psql", "nova-manage"):
        (place / name).write_text(text)
        (place / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(place))
    return place


def server(programs: Path, url: str) -> DatabaseServer:
    return DatabaseServer(parse_server_url(url), programs.parent, programs / "nova.conf", SECRET)


def told(programs: Path) -> tuple[list[str], str]:
    words, text = eval((programs.parent / "told").read_text())
    return words, text


def test_the_client_gets_the_password_over_its_input_and_errors_hide_it(programs: Path) -> None:
    one = server(programs, "mysql+pymysql://nova@db:3307/")
    with pytest.raises(DatabaseError) as caught:
        one.administer(f"SELECT '{SECRET}'", Path("/root/a.cnf"), is_local=False)
    words, text = told(programs)
    assert words == ["--defaults-file=/root/a.cnf", "--batch", "--host=db", "--port=3307"]
    assert text == f"SELECT '{SECRET}'"
    assert caught.value.what == "mysql ended with status 3: refused: *** and ***"
    assert "--defaults-file" in str(caught.value.hint)
    assert "--run continues after this step" in str(caught.value.hint)
    assert SECRET not in repr(one)


def test_psql_stops_at_the_first_error_and_reads_no_file_of_the_user(programs: Path) -> None:
    with pytest.raises(DatabaseError, match="psql ended"):
        server(programs, "postgresql+psycopg2://nova@127.0.0.1/").administer(
            "SELECT 1", None, is_local=True
        )
    words, _ = told(programs)
    assert words == ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=postgres"]


def test_a_failed_nova_manage_says_how_to_go_on(programs: Path) -> None:
    with pytest.raises(DatabaseError) as caught:
        server(programs, "mysql+pymysql://nova@db/").manage(("db", "sync"))
    assert told(programs)[0] == ["--config-file", str(programs / "nova.conf"), "db", "sync"]
    assert caught.value.where == f"nova-manage --config-file {programs}/nova.conf db sync"
    assert "--run continues from this step" in str(caught.value.hint)


def test_a_program_that_is_not_there_is_named(programs: Path) -> None:
    (programs / "psql").unlink()
    with pytest.raises(DatabaseError, match="cannot run psql: no such file"):
        server(programs, "postgresql+psycopg2://nova@db/").administer("", None, is_local=True)
