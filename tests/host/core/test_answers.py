"""host.toml: every default works together, and every finding says where and what is allowed."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.answers_file import AnswerFault, parse_answers, rules_of


def findings(text: str) -> list[tuple[str, int | None]]:
    found = parse_answers(text.encode())
    assert not isinstance(found, Answers), found
    return [(one.what, one.line) for one in found]


def test_an_empty_file_takes_every_default() -> None:
    assert parse_answers(b"") == Answers()


def test_every_default_is_allowed_by_its_own_rule() -> None:
    rules = [
        (f"{section.name}.{key}", rule, default)
        for section in fields(Answers)
        for key, (rule, default) in rules_of(section.default_factory).items()
    ]
    assert [name for name, rule, default in rules if not rule.accepts(default)] == []
    assert all(rule.comment.endswith(".") for _, rule, _ in rules)
    assert len(rules) > 30


def test_what_is_said_replaces_the_default_and_the_rest_stays() -> None:
    found = parse_answers(b'[nova]\nstate = "/srv/nova"\n[console]\nwriter = "last"\n')
    assert isinstance(found, Answers)
    assert found.nova.instances == "/srv/nova/instances"
    assert found.nova.user == "nova"
    assert found.console.policy.writer == "last"


def test_every_finding_is_told_at_once_with_key_value_what_is_allowed_and_line() -> None:
    text = """\
[nova]
user = "no va"      # a blank
enviroment = "/usr/local/nova"

[console]
first_port = 80
writer = "all"
[rabbit]
url = "x"
"""
    assert findings(text) == [
        ("[nova] user is 'no va', allowed is a name of at most 32 letters, digits and _.-", 2),
        ("no key 'enviroment' in [nova], did you mean environment?", 3),
        ("[console] first_port is 80, allowed is a whole number from 1024 to 65535", 6),
        ("[console] writer is 'all', allowed is 'first' or 'last'", 7),
        (
            "no section [rabbit]; there are nova, api, metadata, console, libvirt, broker, "
            "database, identity, endpoints",
            8,
        ),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[api]\naddress = """\n[console]\nport = 1"""\n[console]\nclients = 0\n', 6),
        ("console.clients = 0\n", 1),
        ("[api]\nport = 8774\n[ 'console' ]\n  'clients'=0", 4),
        ("console = {clients = 0}", None),
    ],
)
def test_the_line_is_that_of_the_key_and_not_of_text_that_looks_like_it(
    text: str, line: int | None
) -> None:
    (*_, last) = findings(text)
    assert last == ("[console] clients is 0, allowed is a whole number from 1 to 1000", line)


def test_what_is_not_toml_is_told_with_its_line() -> None:
    assert findings("[nova]\nuser = nova\n") == [("not TOML: invalid value", 2)]


def test_a_key_where_a_section_should_be_is_told() -> None:
    assert findings("nova = 1\n") == [("nova is no section; write [nova]", 1)]


def test_ports_that_collide_are_told() -> None:
    text = "[console]\nfirst_port = 6000\nlast_port = 7000\nserial_port = 8774\n"
    assert findings(text) == [
        ("[console] novnc_port is 6080, which is a port for consoles, 6000 to 7000", None),
        ("[console] serial_port is 8774, as is [api] port", 4),
    ]
    (found,) = findings("[console]\nfirst_port = 20000\n")
    assert found == ("[console] first_port is 20000, above last_port 19999", 2)


@pytest.mark.parametrize(
    "url",
    ["rabbit://u:secret@h/", "amqp://h/", "rabbit://", "rabbit://h:port/", "rabbit://h\n/", 5],
)
def test_an_address_has_a_known_scheme_a_host_and_no_password(url: object) -> None:
    text = f"[broker]\nurl = {url!r}\n".replace("'", '"')
    (found,) = findings(text)
    assert found[0].endswith("allowed is rabbit://… without a password")


@pytest.mark.parametrize("path", ["nova", "/a b", "/a/../b", "/a;b", "/a$(b)", "/a\\nb"])
def test_a_path_is_absolute_and_means_nothing_to_a_shell(path: str) -> None:
    (found,) = findings(f'[nova]\nlog = "{path}"\n')
    assert "allowed is an absolute path" in found[0]


def test_the_metadata_api_has_a_port_of_its_own() -> None:
    assert findings("[metadata]\nport = 8774\n") == [
        ("[metadata] port is 8774, as is [api] port", 2),
    ]


def test_a_socket_has_no_longer_name_than_freebsd_takes() -> None:
    fits = "/" + "s" * 102
    assert not isinstance(parse_answers(f'[console]\nsocket = "{fits}"\n'.encode()), tuple)
    (found,) = findings(f'[console]\nsocket = "{fits}s"\n')
    assert found[0].endswith(
        "allowed is an absolute path of letters, digits and /._+@:-, 103 at most"
    )


def test_bytes_that_are_no_text_are_told() -> None:
    (found,) = parse_answers(b"\xff")  # type: ignore[misc]
    assert isinstance(found, AnswerFault)
    assert found.what.startswith("not TOML: ")


TEXTS = "nova console clients user zz 'nova' nova.user api.port [ ] [[ ]] = 1 -1 0.5 { } , #"
WORDS = st.sampled_from([*TEXTS.split(), '"x"', "'''", '"""', " ", "\n", "\n\n"])


@given(st.lists(WORDS).map("".join))
def test_no_text_is_met_with_anything_but_answers_or_findings_that_have_their_line(
    text: str,
) -> None:
    found = parse_answers(text.encode())
    if not isinstance(found, Answers):
        assert found
        assert all(one.line is None or 1 <= one.line <= text.count("\n") + 1 for one in found)
