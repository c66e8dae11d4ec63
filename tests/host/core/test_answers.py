"""host.toml: every default works together, and every finding says where and what is allowed."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.answers_file import AnswerFault, parse_answers, rules_of
from freebsd_port.host.core.server_url import parse_server_url


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

    def written(value: object) -> object:
        return value if isinstance(value, int) else str(value)

    assert [name for name, rule, one in rules if rule.parse(written(one)) != one] == []
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
        (
            "[nova] user is 'no va', allowed is a name of at most 32 letters, digits and _.-, "
            "the first a small letter or _",
            2,
        ),
        ("no key 'enviroment' in [nova], did you mean environment?", 3),
        ("[console] first_port is 80, allowed is a whole number from 1024 to 65535", 6),
        ("[console] writer is 'all', allowed is 'first' or 'last'", 7),
        (
            "no section [rabbit]; there are nova, api, metadata, console, scheduler, libvirt, "
            "disks, broker, database, identity, endpoints",
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
    assert findings("nova = 1\n") == [("nova is not a section; write [nova]", 1)]


def test_ports_that_collide_are_told() -> None:
    text = "[console]\nfirst_port = 6000\nlast_port = 7000\nserial_port = 8774\n"
    assert findings(text) == [
        ("[console] novnc_port is 6080, which is a port for consoles, 6000 to 7000", None),
        ("[console] serial_port is 8774, as is [api] port", 4),
    ]
    (found,) = findings("[console]\nfirst_port = 20000\n")
    assert found == ("[console] first_port is 20000, above last_port 19999", 2)


def test_the_address_of_another_hypervisor_is_told() -> None:
    assert findings('[libvirt]\nvirt_type = "qemu"\n') == [
        ("[libvirt] uri is bhyve:///system, which is not for virt_type qemu", None)
    ]
    assert findings('[libvirt]\nuri = "qemu:///system"\n') == [
        ("[libvirt] uri is qemu:///system, which is not for virt_type bhyve", 2)
    ]


def test_a_dataset_is_for_bhyve_only() -> None:
    qemu = '[libvirt]\nvirt_type = "qemu"\nuri = "qemu:///system"\n'
    zfs = '[disks]\ndataset = "tank/nova"\n'
    what = (
        "[disks] dataset is tank/nova, and ZFS volumes are for virt_type bhyve only: "
        "leave it out for qemu"
    )
    assert findings(qemu + zfs) == [(what, 5)]
    assert isinstance(parse_answers(zfs.encode()), Answers)


RABBIT = "rabbit://[USER@]HOST[:PORT][/VIRTUAL_HOST], without a password"
DATABASE = "mysql+pymysql or postgresql+psycopg2://[USER@]HOST[:PORT][/], without a password"
WEB = "http or https://HOST[:PORT][/PATH], without a password"


@pytest.mark.parametrize(
    ("section", "url", "allowed"),
    [
        *(
            ("broker", url, RABBIT)
            for url in (
                "amqp://h/", "rabbit://", "rabbit://h:port/", "rabbit://h\n/", 5, "rabbit://h:/",
                "rabbit://h:0/", "rabbit://h:65536/", "rabbit://@h/", "rabbit://a b@h/",
                "rabbit://a,b/", "rabbit://a:1,b:2/", "rabbit://h/v?x=1", "rabbit://h/v?",
                "rabbit://h/v#", "rabbit://h/a/b", "rabbit://h/%0A", "rabbit://u%00@h/",
                "rabbit://u%C3%A9@h/", "RABBIT://h/", "rabbit://[fe80::1%em0]/", "rabbit://[::1/",
                "rabbit://999.1.1.1/", "rabbit://-h/", "rabbit:/h", "rabbit://h\t/", " rabbit://h",
            )
        ),
        ("database", "mysql+pymysql://h/nova", DATABASE),
        ("database", "mysql+pymysql://h/?charset=utf8", DATABASE),
        ("database", f"mysql+pymysql://{'u' * 33}@h/", DATABASE),
        ("identity", "http://nova@h/v3", WEB),
        ("identity", "http://h/%(project_id)s", WEB),
        ("identity", "http://h/$(project_id)s", WEB),
        ("identity", "rabbit://h/", WEB),
    ],
)  # fmt: skip
def test_a_url_has_a_known_scheme_one_host_and_what_its_scheme_has(
    section: str, url: object, allowed: str
) -> None:
    (found,) = findings(f"[{section}]\nurl = {json.dumps(url)}\n")
    assert found == (f"[{section}] url is {url!r}, allowed is {allowed}", 2)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    for url in ("rabbit://u:secret@h/", "rabbit://u:sec@ret@h/", "rabbit://:secret@h/"):
        (found,) = findings(f'[broker]\nurl = "{url}"\n')
        assert found[0].endswith(f"***@h/', allowed is {RABBIT}")
        assert "ret" not in found[0]


def test_the_parts_of_a_url_are_decoded_once() -> None:
    found = parse_server_url("rabbit://o'neil%40x@MQ.example:5673/v%2Fh")
    assert (found.user, found.host, found.port, found.virtual_host) == (
        "o'neil@x", "mq.example", 5673, "v/h",
    )  # fmt: skip
    found = parse_server_url("mysql+pymysql://[FD00::0:1]")
    assert (found.user, found.host, found.port, found.path) == ("", "fd00::1", 3306, "")


@pytest.mark.parametrize(
    "address", ["fe80::1%em0", "fe80::1%", "::1%\n[x]", "127.1", "localhost", "", 5, "٣.0.0.1"]
)
def test_an_address_is_one_of_ip_without_a_zone(address: object) -> None:
    (found,) = findings(f"[api]\naddress = {json.dumps(address)}\n")
    what = f"[api] address is {address!r}, allowed is an IP address without a zone"
    assert found == (what, 2)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "ff02::1", "fe80::1%em0"])
def test_the_address_for_others_is_one_that_a_host_has(address: str) -> None:
    (found,) = findings(f'[nova]\naddress = "{address}"\n')
    assert found[0].endswith("allowed is the IP address of a host, without a zone")


@pytest.mark.parametrize("user", ["ALL", "Nova", "%wheel", "no va", "nova\n"])
def test_no_user_is_somebody_else_for_sudo(user: str) -> None:
    (found,) = findings(f"[nova]\nuser = {json.dumps(user)}\n")
    assert "allowed is a name of at most 32 letters" in found[0]


def test_the_name_of_an_unknown_section_reaches_no_terminal_as_it_is() -> None:
    assert findings('["\\u001b[2J"]\n')[0][0].startswith("no section '\\x1b[2J'")


@pytest.mark.parametrize(
    "path",
    ["nova", "/a b", "/a/../b", "/a;b", "/a$(b)", "/a\\nb", "/", "/a/", "//a", "/a:b", "/a/./b"],
)
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
        "allowed is an absolute path of letters, digits and ._+@-, with no empty part and "
        "no . or .., 103 at most"
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
