"""The SQL for nova's databases, and what is judged to be left of their steps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_answers import answer

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.database import (
    CELL0,
    Facts,
    NovaCell,
    judge_steps,
    render_sql,
    scarce_connections,
)

ANSWERS = Answers()
DATABASE = "{scheme}://{username}:{password}@{hostname}:{port}/"
DONE = Facts(
    refusal="",
    usable=frozenset(ANSWERS.database.names),
    versions={"nova_api": "a2", "nova": "m2", "nova_cell0": "m2"},
    heads={"api": "a2", "main": "m2"},
    cells=(
        NovaCell(CELL0, "cell0", DATABASE + "nova_cell0?{query}", "none:///"),
        NovaCell("c1", "cell1", DATABASE + "{path}?{query}", DATABASE + "{path}"),
    ),
    computes=2,
    unmapped=(),
    connections=500,
)


def left(facts: Facts, answers: Answers = ANSWERS) -> list[str]:
    return [step.name for step in judge_steps(facts, answers) if step.state == "left"]


def test_nothing_is_left_where_all_is_done() -> None:
    assert [step.state for step in judge_steps(DONE, ANSWERS)] == ["done"] * 6
    assert scarce_connections(DONE) is None
    assert scarce_connections(replace(DONE, connections=499)) == 499


def test_an_empty_server_needs_every_step_in_the_order_of_nova() -> None:
    empty = Facts("denied", frozenset(), {}, DONE.heads, (), 0, (), None)
    assert [(step.name, step.state) for step in judge_steps(empty, ANSWERS)] == [
        ("databases and user", "left"),
        ("api_db sync", "left"),
        ("cell_v2 map_cell0", "left"),
        ("db sync", "left"),
        ("cell_v2 create_cell", "left"),
        ("cell_v2 discover_hosts", "later"),
    ]


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (replace(DONE, usable=DONE.usable - {"nova_cell0"}), "databases and user"),
        (replace(DONE, versions={**DONE.versions, "nova_api": "a1"}), "api_db sync"),
        (replace(DONE, versions={**DONE.versions, "nova": None}), "db sync"),
        (replace(DONE, versions={"nova_api": "a2", "nova": "m2"}), "db sync"),
        (replace(DONE, cells=DONE.cells[1:]), "cell_v2 map_cell0"),
        (replace(DONE, cells=DONE.cells[:1]), "cell_v2 create_cell"),
        (replace(DONE, unmapped=("h1",)), "cell_v2 discover_hosts"),
    ],
)
def test_one_thing_that_lacks_is_one_step(facts: Facts, wanted: str) -> None:
    assert left(facts) == [wanted]


def test_cells_with_addresses_of_their_own_are_updated_and_no_password_is_named() -> None:
    plain = "mysql+pymysql://nova:secret@127.0.0.1/nova"
    cells = tuple(replace(cell, database=plain) for cell in DONE.cells)
    steps = [one for one in judge_steps(replace(DONE, cells=cells), ANSWERS) if one.state == "left"]
    assert [one.words[:4] for one in steps] == [
        ("cell_v2", "update_cell", "--cell_uuid", CELL0),
        ("cell_v2", "update_cell", "--cell_uuid", "c1"),
    ]
    assert "secret" not in repr(steps)


def test_a_cell_is_reached_by_an_address_of_ipv6() -> None:
    answers = answer(database={"url": "mysql+pymysql://nova@[::1]:3306/"})
    assert left(DONE, answers) == ["cell_v2 update_cell cell0", "cell_v2 update_cell cell1"]
    words = judge_steps(DONE, answers)[2].words
    assert "{scheme}://{username}:{password}@[{hostname}]:{port}/nova_cell0?{query}" in words


def test_sql_for_mariadb_lets_nova_in_from_this_machine_only() -> None:
    lines = render_sql(ANSWERS, r"it's\ ;").splitlines()
    assert lines[0] == "CREATE DATABASE IF NOT EXISTS `nova_api` CHARACTER SET utf8mb4;"
    users = [line for line in lines if line.startswith("ALTER USER")]
    assert users == [
        rf"ALTER USER 'nova'@'{host}' IDENTIFIED BY 'it''s\ ;';"
        for host in ("localhost", "127.0.0.1", "::1")
    ]
    assert r"GRANT ALL PRIVILEGES ON `nova\_api`.* TO 'nova'@'localhost';" in lines


def test_sql_for_another_machine_lets_nova_in_from_the_address_of_this_one() -> None:
    answers = answer(
        nova={"address": "10.0.0.5"}, database={"url": "mysql+pymysql://nova@db:3306/"}
    )
    users = [line for line in render_sql(answers, "x").splitlines() if "CREATE USER" in line]
    assert users == ["CREATE USER IF NOT EXISTS 'nova'@'10.0.0.5' IDENTIFIED BY 'x';"]


def test_sql_for_postgresql_makes_only_what_is_not_there() -> None:
    database = {"url": "postgresql+psycopg2://nova@db/", "name": "n"}
    sql = render_sql(answer(database=database), "it's")
    assert sql.count("WHERE NOT EXISTS") == sql.count("\\gexec\n") == 4
    assert "ALTER ROLE \"nova\" LOGIN PASSWORD 'it''s';" in sql
    assert 'ALTER DATABASE "n_cell0" OWNER TO "nova";' in sql
