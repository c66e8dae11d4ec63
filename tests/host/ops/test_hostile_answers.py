"""Hostile text at every key of host.toml: refused by name, or read back exactly from every file.

Nothing here reads with our own code: oslo.config reads nova's options, `ast` gunicorn's, `sh` the
scripts, configparser rootwrap's, sqlglot and a real server the SQL, urllib the URLs.
"""

from __future__ import annotations

import ast
import configparser
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_answers import answer, host_toml
from programs import why_not
from services.place import DATABASE, find_address
from sqlglot.dialects.mysql import MySQL
from sqlglot.tokens import TokenType

from freebsd_port.errors import UsageError
from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.answers_file import parse_answers, rules_of
from freebsd_port.host.core.database import render_sql
from freebsd_port.host.core.nova_config import Shipped, config_files
from freebsd_port.host.core.passwords import KEYS, require_password_text
from freebsd_port.host.core.service import NAMES, Tools
from freebsd_port.host.core.service_files import service_files

cfg = pytest.importorskip("oslo_config.cfg", reason="oslo.config is a development tool on Linux")

DEFAULTS: dict[str, dict[str, Any]] = {
    section.name: {
        key: default if isinstance(default, int) else str(default)
        for key, (_, default) in rules_of(section.default_factory).items()
    }
    for section in fields(Answers)
}
PASSWORDS = {key: f'{key}\'s "$5" \\ `100%` #;' for key in KEYS}
TOOLS = Tools("/opt/tool/bin/freebsd-port", "/usr/local/etc/freebsd-port/host.toml", False)
SHIPPED = Shipped("[DEFAULT]\nfilters_path=/a\nexec_dirs=/b\n", b"", b"", b"", False)

Raw = Mapping[str, Mapping[str, Any]]


# What each file is to hold, by the text of host.toml.


def url_of(raw: Raw, title: str, user: str, port: int) -> tuple[str, str, str, int]:
    """Scheme, user, host and port, with the defaults that a service's own client would take."""
    parts = urlsplit(raw[title]["url"])
    host = parts.hostname or ""
    host = str(ip_address(host)) if ":" in host else host
    return parts.scheme, unquote(parts.username or user), host, parts.port or port


def read_url(text: str) -> tuple[str, str, str, int, str, str]:
    parts = urlsplit(text)
    assert parts.fragment == ""
    password = unquote(parts.password or "")
    login = parts.scheme, unquote(parts.username or ""), parts.hostname or "", parts.port or 0
    return (*login, password, unquote(parts.path[1:]))


def expected_options(raw: Raw) -> dict[str, dict[str, str]]:
    """nova.conf and nova-compute.conf; URLs with passwords are looked at by themselves."""
    nova, console, identity, ends = (raw[k] for k in ("nova", "console", "identity", "endpoints"))
    proxy = str(ip_address(console["proxy_address"]))
    at = f"[{proxy}]" if ":" in proxy else proxy
    config, dataset = nova["config"], raw["disks"]["dataset"]

    def login(user: str, key: str) -> dict[str, str]:
        return {
            "auth_type": "password", "auth_url": identity["url"], "username": user,
            "password": PASSWORDS[key], "project_name": identity["project"],
            "project_domain_name": identity["domain"], "user_domain_name": identity["domain"],
        }  # fmt: skip

    region = {"region_name": identity["region"]}
    helper = {
        "helper_command": f"{nova['sudo']} {nova['environment']}/bin/nova-rootwrap "
        f"{config}/rootwrap.conf privsep-helper --config-file {config}/nova.conf "
        f"--config-file {config}/nova-compute.conf",
        "require_capabilities": "False",
    }
    listen = str(ip_address(console["address"]))
    return {
        "DEFAULT": {
            "my_ip": str(ip_address(nova["address"])), "state_path": nova["state"],
            "rootwrap_config": f"{config}/rootwrap.conf", "web": console["novnc"],
            "compute_driver": "libvirt.LibvirtDriver", "force_raw_images": "True",
            "mkisofs_cmd": nova["mkisofs"], "force_config_drive": "True",
        },
        "keystone_authtoken": {
            "www_authenticate_uri": identity["url"], **login(identity["user"], "identity")
        },
        "service_user": {
            "send_service_user_token": "True", **login(identity["user"], "identity")
        },
        "placement": {
            **login(identity["placement"], "placement"), **region,
            "endpoint_override": ends["placement"],
        },
        "glance": {**region, "endpoint_override": ends["image"]},
        "neutron": {
            **login(identity["neutron"], "neutron"), **region,
            "endpoint_override": ends["network"], "service_metadata_proxy": "True",
            "metadata_proxy_shared_secret": PASSWORDS["metadata"],
        },
        "oslo_concurrency": {"lock_path": f"{nova['state']}/lock"},
        "serial_console": {
            "enabled": "True", "port_range": f"{console['first_port']}:{console['last_port']}",
            "proxyclient_address": listen, "serialproxy_host": proxy,
            "serialproxy_port": str(console["serial_port"]),
            "base_url": f"ws://{at}:{console['serial_port']}/",
        },
        "vnc": {
            "enabled": "True", "server_listen": listen, "server_proxyclient_address": listen,
            "novncproxy_host": proxy, "novncproxy_port": str(console["novnc_port"]),
            "novncproxy_base_url": f"http://{at}:{console['novnc_port']}/vnc_lite.html",
        },
        "libvirt": {
            "virt_type": "bhyve", "connection_uri": raw["libvirt"]["uri"],
            **({"images_type": "zfs", "images_zfs_dataset": dataset} if dataset
               else {"images_type": "raw"}),
        },
        "nova_sys_admin": helper,
        "vif_plug_ovs_privileged": helper,
    }  # fmt: skip


def read_options(*files: Path) -> dict[str, dict[str, str]]:
    """Read files as nova does: each option that stands in one, as a string."""
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[str(file) for file in files], default_config_dirs=[])
    found: dict[str, dict[str, str]] = {}
    for file in files:
        sections: dict[str, dict[str, list[str]]] = {}
        cfg.ConfigParser(str(file), sections).parse()
        for group, options in sections.items():
            for key, values in options.items():
                assert len(values) == 1, (group, key)
                where = None if group == "DEFAULT" else group
                conf.register_opt(cfg.StrOpt(key), where)
                scope = conf if where is None else conf[group]
                found.setdefault(group, {})[key] = getattr(scope, key)
    return found


def hold_config(raw: Raw, answers: Answers, directory: Path) -> None:
    files = {}
    for file in config_files(answers, PASSWORDS, SHIPPED):
        files[Path(file.path).name] = place = directory / Path(file.path).name
        place.write_bytes(file.content)
    found = read_options(files["nova.conf"], files["nova-compute.conf"])
    scheme, user, host, port = url_of(raw, "broker", "openstack", 5672)
    vhost = unquote(urlsplit(raw["broker"]["url"]).path[1:])
    transport = read_url(found["DEFAULT"].pop("transport_url"))
    assert transport == (scheme, user, host, port, PASSWORDS["broker"], vhost)
    name = raw["database"]["name"]
    is_mariadb = raw["database"]["url"].startswith("mysql")
    scheme, user, host, port = url_of(raw, "database", "nova", 3306 if is_mariadb else 5432)
    for group, database in (("api_database", f"{name}_api"), ("database", name)):
        (connection,) = found.pop(group).values()
        assert read_url(connection) == (scheme, user, host, port, PASSWORDS["database"], database)
        assert urlsplit(connection).query == ("charset=utf8mb4" if is_mariadb else "")
    assert found == expected_options(raw)
    hold_rootwrap(raw["nova"], files["rootwrap.conf"], files["compute.filters"])


def hold_rootwrap(nova: Mapping[str, str], conf: Path, filters: Path) -> None:
    """As oslo.rootwrap reads them: configparser without interpolation, lists by comma."""
    parser = configparser.RawConfigParser()
    parser.read(conf)
    assert parser.sections() == []
    assert parser.defaults()["filters_path"].split(",") == [f"{nova['config']}/rootwrap.d"]
    assert parser.defaults()["exec_dirs"].split(",") == [
        f"{nova['environment']}/bin",
        *("/sbin", "/usr/sbin", "/bin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"),
    ]
    parser = configparser.RawConfigParser()
    parser.read(filters)
    assert parser.sections() == ["Filters"]
    for row in parser["Filters"].values():
        kind, _, _, program, *patterns = [part.strip() for part in row.split(",")]
        assert (kind, program) == ("RegExpFilter", "privsep-helper")
        for index, name in ((1, "nova.conf"), (3, "nova-compute.conf")):
            path = f"{nova['config']}/{name}"
            assert re.fullmatch(patterns[index], path)
            assert not re.fullmatch(patterns[index], path.replace(".", "x", 1))


READ_SCRIPT = """
load_rc_config() { :; }
run_rc_command() {
    eval "user=\\${${name}_user-} env=\\${${name}_env}"
    for word in "$pidfile" "$childfile" "$logfile" "$user"; do printf '%s\\0' "$word"; done
    for list in "$required_files" "$env" "$command_args"; do
        eval "set -- $list"
        printf '%s\\0' "$#" "$@"
    done
}
"""


def read_script(content: bytes) -> list[str]:
    """Let sh read a script with its variables, which rc.subr(8) evaluates once more."""
    text = content.decode()
    assert text.count(". /etc/rc.subr\n") == 1
    script = text.replace(". /etc/rc.subr\n", READ_SCRIPT)
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)
    done = subprocess.run(
        ["sh", "-eu", "-s", "start"], input=script, text=True, capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split("\0")[:-1]


def expected_script(raw: Raw, name: str) -> list[str]:
    nova = raw["nova"]
    is_root = name == "nova_consolebridge"
    run, log = ("/var/run", "/var/log") if is_root else (nova["run"], nova["log"])
    pid, child = f"{run}/{name}.pid", f"{run}/{name}.child.pid"
    file = f"{log}/{name.replace('_', '-')}.log"
    conf = f"{nova['config']}/nova.conf"
    path = "/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"
    bin_ = f"{nova['environment']}/bin"
    needed, environment = [conf], [f"PATH={bin_}:{path}", "EVENTLET_HUB=poll"]
    command = [f"{bin_}/{name.replace('_', '-')}", "--config-file", conf]
    if is_root:
        needed, environment = [TOOLS.answers], [f"PATH={path}"]
        command = [TOOLS.command, "host", "console-bridge", "--answers", TOOLS.answers]
    elif name == "nova_compute":
        needed.append(f"{nova['config']}/nova-compute.conf")
        command += ["--config-file", needed[-1]]
    elif name.startswith("nova_api"):
        gunicorn = f"{nova['config']}/{name.replace('_', '-')}-gunicorn.conf.py"
        needed += [f"{nova['config']}/api-paste.ini", gunicorn]
        environment += [f"OS_NOVA_CONFIG_DIR={nova['config']}"]
        environment += [f"GUNICORN_CMD_ARGS=--config={gunicorn}"]
        command = [f"{bin_}/gunicorn"]
    daemon = ["-cfH", "-r", "-R", "5", "-t", name, "-P", pid, "-p", child, "-o", file, *command]
    lists = [[str(len(one)), *one] for one in (needed, environment, daemon)]
    return [
        pid,
        child,
        file,
        "" if is_root else nova["user"],
        *(word for one in lists for word in one),
    ]


def hold_services(raw: Raw, answers: Answers) -> None:
    files = {file.path: file.content for file in service_files(answers, TOOLS)}
    scripts = {name: files.pop(f"/usr/local/etc/rc.d/{name}") for name in NAMES}
    read = {name: read_script(content) for name, content in scripts.items()}
    assert read == {name: expected_script(raw, name) for name in NAMES}
    nova = raw["nova"]
    rows = files.pop("/usr/local/etc/newsyslog.conf.d/nova.conf").decode().splitlines()
    owner = f"{nova['user']}:{nova['group']}"
    assert [row.split() for row in rows if not row.startswith("#")] == [
        [
            *(read[name][2], "root:wheel" if "bridge" in name else owner),
            *("640", "7", "10240", "*", "J", read[name][0], "1"),
        ]
        for name in NAMES
    ]
    hook = files.pop(f"{raw['libvirt']['hooks']}/bhyve").decode()
    assert hook.count("/usr/bin/nc ") == 1
    told = hook.replace("/usr/bin/nc ", "printf '%s\\n' ").replace(">/dev/null 2>&1", "")
    done = subprocess.run(["sh", "-s", "g", "start"], input=told, text=True, capture_output=True)
    assert done.stdout.splitlines() == ["-N", "-w", "5", "-U", raw["console"]["socket"]]
    for name, title, module in (
        ("nova-api", "api", "osapi_compute"), ("nova-api-metadata", "metadata", "metadata"),
    ):  # fmt: skip
        text = files.pop(f"{nova['config']}/{name}-gunicorn.conf.py").decode()
        _, *assigned = ast.parse(text).body
        found = {ast.unparse(one.targets[0]): ast.literal_eval(one.value) for one in assigned}  # type: ignore[attr-defined]
        keys, at = raw[title], str(ip_address(raw[title]["address"]))
        assert found == {
            "wsgi_app": f"nova.wsgi.{module}:application", "proc_name": name,
            "bind": [f"{f'[{at}]' if ':' in at else at}:{keys['port']}"],
            "workers": keys["workers"], "threads": keys["threads"], "worker_class": "gthread",
            "timeout": 120, "graceful_timeout": 60, "control_socket_disable": True,
        }  # fmt: skip
    assert files == {}


class WithoutBackslashes(MySQL):
    """MariaDB and MySQL in the mode that the SQL sets."""

    class Tokenizer(MySQL.Tokenizer):
        STRING_ESCAPES = ["'"]
        IDENTIFIER_ESCAPES = ["`"]


Statement = tuple[str, tuple[str, ...]]
"""The keywords with a placeholder for each literal, and the literals."""


def read_sql(sql: str, dialect: Any) -> list[Statement]:
    statements: list[Statement] = []
    words: list[str] = []
    literals: list[str] = []
    for token in sqlglot.tokenize(sql, dialect=dialect):
        if token.token_type is TokenType.SEMICOLON:
            statements.append((" ".join(words), tuple(literals)))
            words, literals = [], []
        elif token.token_type in (TokenType.STRING, TokenType.IDENTIFIER):
            words.append("?" if token.token_type is TokenType.STRING else "NAME")
            literals.append(token.text)
        else:
            words.append(token.text)
    assert words == []
    return statements


def hold_mariadb(raw: Raw, answers: Answers) -> None:
    user, host = url_of(raw, "database", "nova", 3306)[1:3]
    name = raw["database"]["name"]
    names = [f"{name}_api", name, f"{name}_cell0"]
    password = PASSWORDS["database"]
    hosts = [str(ip_address(raw["nova"]["address"]))]
    if host in ("localhost", "127.0.0.1", "::1"):
        hosts = ["localhost", "127.0.0.1", "::1"]
    wanted: list[Statement] = [
        ("CREATE DATABASE IF NOT EXISTS NAME CHARACTER SET utf8mb4", (one,)) for one in names
    ]
    wanted.append(("SET SESSION sql_mode = ?", ("NO_BACKSLASH_ESCAPES",)))
    for one in hosts:
        assert re.fullmatch(r"[0-9A-Fa-f:.]+|localhost", one)  # no pattern
        account = (user, one, password)
        wanted.append(("CREATE USER IF NOT EXISTS ? @ ? IDENTIFIED BY ?", account))
        wanted.append(("ALTER USER ? @ ? IDENTIFIED BY ?", account))
        for database in names:
            grant = (database.replace("_", "\\_"), user, one)
            wanted.append(("GRANT ALL PRIVILEGES ON NAME . * TO ? @ ?", grant))
    assert read_sql(render_sql(answers, password), WithoutBackslashes) == wanted


def hold_postgresql(raw: Raw, answers: Answers) -> None:
    user = url_of(raw, "database", "nova", 5432)[1]
    password, name = PASSWORDS["database"], raw["database"]["name"]
    found: list[Statement] = []
    for line in render_sql(answers, password).splitlines():
        if not line.endswith("\\gexec"):
            found += read_sql(line, "postgres")
            continue
        ((words, (made, *literals)),) = read_sql(line.removesuffix("\\gexec") + ";", "postgres")
        (inner,) = read_sql(made + ";", "postgres")
        found.append((f"{words} -> {inner[0]}", (*literals, *inner[1])))
    unless = "SELECT ? WHERE NOT EXISTS ( SELECT FROM"
    wanted: list[Statement] = [
        (f"{unless} pg_roles WHERE rolname = ? ) -> CREATE ROLE NAME LOGIN", (user, user)),
        ("ALTER ROLE NAME LOGIN PASSWORD ?", (user, password)),
    ]
    for one in (f"{name}_api", name, f"{name}_cell0"):
        made = "CREATE DATABASE NAME OWNER NAME ENCODING ? TEMPLATE template0"
        exists = f"{unless} pg_database WHERE datname = ? ) -> {made}"
        wanted.append((exists, (one, one, user, "UTF8")))
        wanted.append(("ALTER DATABASE NAME OWNER TO NAME", (one, user)))
    assert found == wanted


def hold(title: str, key: str, value: Any) -> bool:
    """See that one answer is refused by name, or is exactly where it belongs; True if taken."""
    found = parse_answers(host_toml(**{title: {key: value}}))
    if not isinstance(found, Answers):
        (fault, *more) = found
        shown = re.sub(r"(://[^:@]*:).*@", r"\1***@", repr(value))
        if not fault.what.startswith(f"[{title}] {key} is {shown}, allowed is "):
            ports = r"\[\w+\] \w*port is \d+, (as is|above|which is a port) .*"
            assert all(re.fullmatch(ports, one.what) for one in (fault, *more)), found
        return False
    raw = {**DEFAULTS, title: {**DEFAULTS[title], key: value}}
    with tempfile.TemporaryDirectory() as directory:
        hold_config(raw, found, Path(directory))
    hold_services(raw, found)
    is_mariadb = raw["database"]["url"].startswith("mysql")
    (hold_mariadb if is_mariadb else hold_postgresql)(raw, found)
    return True


FRAGMENTS = (
    "\n", "\r", "\t", " ", "\0", "\x1b[31m", "\u202e", "\u2028", "\x85", "é", "'", '"', "`", "\\",
    "\\$", "$", "$$", "${state_path}", "$(id)", "%", "%em0", "%%", "%(x)s", "%0a", "%27", "%2F",
    "%24", ";", "#", "&", "|", "*", "?", "!", "~", "+", ",", ":", "::", "=", "@", "@@", "[", "]",
    "{", "}", "{0}", "<", ">", "-", "--", "_", ".", "..", "/", "//", "/../", "/./", "a", "Z", "0",
    "@NAME@", "@USER@", "@GROUP@", "@SOCKET@", "ALL", "root", "o'neil", "\n[DEFAULT]\ndebug = true",
    "' OR '1'='1", "'; DROP DATABASE nova; -- ", '"\nimport os\nx = "', "`id`", "'@'%", "\\gexec",
)  # fmt: skip
KEYS_OF_TEXT = [
    (title, key)
    for title, keys in DEFAULTS.items()
    for key, default in keys.items()
    if isinstance(default, str)
]
KEYS_OF_NUMBERS = [
    (title, key)
    for title, keys in DEFAULTS.items()
    for key, default in keys.items()
    if isinstance(default, int)
]
DIRT = st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=3).map("".join)


LOOPBACKS = ("127.0.0.1", "::1", "fe80::1%em0", "[::1]", "[fe80::1%25em0]")
"""A zone is refused in every form, whatever follows it."""


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str, str]:
    """A key of text, and its default with something put into it, or something else."""
    title, key = draw(st.sampled_from(KEYS_OF_TEXT))
    default = DEFAULTS[title][key].replace("127.0.0.1", draw(st.sampled_from(LOOPBACKS)))
    dirt = draw(DIRT | st.text(max_size=6))
    at = draw(st.integers(0, len(default)))
    return title, key, draw(st.sampled_from([default[:at] + dirt + default[at:], dirt, dirt * 20]))


USERS = st.text("abcXYZ019._~!$&'()*+,;=-", min_size=1, max_size=12)
ESCAPED = st.lists(st.sampled_from(range(0x21, 0x7F)), min_size=1, max_size=8).map(
    lambda codes: "".join(f"%{code:02x}" for code in codes)
)
HOSTS = st.sampled_from(["localhost", "127.0.0.1", "[::1]", "db.example.org", "192.0.2.9", "DB_1"])
PORTS = st.sampled_from(["", ":1", ":65535"])
SCHEMES = st.sampled_from(["mysql+pymysql", "postgresql+psycopg2"])


def joined(*parts: Any) -> st.SearchStrategy[str]:
    return st.tuples(*(st.just(one) if isinstance(one, str) else one for one in parts)).map("".join)


def keyed(title: str, key: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.just(title), st.just(key), values)


PLAUSIBLE = st.one_of(
    keyed("broker", "url", joined("rabbit://", USERS | ESCAPED, "@", HOSTS, PORTS, "/", ESCAPED)),
    keyed("database", "url", joined(SCHEMES, "://", USERS | ESCAPED, "@", HOSTS, PORTS)),
    keyed("identity", "url", joined("https://", HOSTS, PORTS, "/identity/v3")),
    *(
        keyed(title, key, st.ip_addresses().map(str))
        for title, keys in DEFAULTS.items()
        for key in keys
        if "address" in key
    ),
    *(
        keyed("nova", key, st.from_regex(r"(/[A-Za-z0-9._+@-]{1,8}){1,4}", fullmatch=True))
        for key in ("environment", "sudo", "mkisofs", "config", "state", "log", "run")
    ),
    keyed("database", "name", st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}", fullmatch=True)),
    keyed("nova", "user", st.from_regex(r"[a-z_][A-Za-z0-9_.-]{0,31}", fullmatch=True)),
)
NUMBERS = st.tuples(
    st.sampled_from(KEYS_OF_NUMBERS + KEYS_OF_TEXT),
    st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.just([]),
).map(lambda one: (*one[0], one[1]))
EXAMPLES = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def test_the_defaults_are_in_their_places() -> None:
    assert hold("nova", "user", "nova")


@EXAMPLES
@given(texts())
def test_hostile_text_at_any_key_is_refused_or_read_back_exactly(one: tuple[str, str, str]) -> None:
    hold(*one)


@EXAMPLES
@given(PLAUSIBLE)
def test_what_may_be_meant_is_read_back_exactly(one: tuple[str, str, str]) -> None:
    hold(*one)


@EXAMPLES
@given(NUMBERS)
def test_what_is_not_such_a_number_is_refused(one: tuple[str, str, Any]) -> None:
    hold(*one)


def test_each_piece_of_dirt_at_the_end_of_each_key_is_refused_or_harmless() -> None:
    for title, key in KEYS_OF_TEXT:
        for dirt in FRAGMENTS:
            value = DEFAULTS[title][key] + dirt
            found = parse_answers(host_toml(**{title: {key: value}}))
            if isinstance(found, Answers):
                assert re.fullmatch(r"[A-Za-z0-9/._+@:%~-]+", value), value


@EXAMPLES
@given(DIRT | st.text(max_size=12))
def test_a_password_is_read_back_exactly_or_refused_and_not_repeated(password: str) -> None:
    is_held = password.isprintable() and "\\$" not in password and password != ""
    if not is_held:
        with pytest.raises(UsageError) as caught:
            require_password_text("identity", password, "passwords.toml")
        assert len(password) < 3 or password not in str(caught.value)
        return
    require_password_text("identity", password, "passwords.toml")
    files = config_files(Answers(), dict.fromkeys(KEYS, password), SHIPPED)
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory) / "nova.conf"
        place.write_bytes(next(one.content for one in files if one.path.endswith("/nova.conf")))
        found = read_options(place)
    assert read_url(found["DEFAULT"]["transport_url"])[4] == password
    assert read_url(found["database"]["connection"])[4] == password
    assert found["neutron"]["metadata_proxy_shared_secret"] == password
    for group in ("keystone_authtoken", "service_user", "placement", "neutron"):
        assert found[group]["password"] == password
    for _, literals in read_sql(render_sql(Answers(), password), WithoutBackslashes)[4:6]:
        assert literals[-1] == password


CLIENT = shutil.which("mariadb") or shutil.which("mysql")
NAMES_OF_USERS = ("o'neil", 'a"b', "a`b", "back\\slash\\", "%", "_%", "x'@'%", "--;#", "''", "\\'")


@pytest.fixture
def as_user() -> Callable[..., str]:
    """Function (SQL, user=None, password=None) -> what the server's own client prints."""
    account = find_address(DATABASE).account
    host, port = str(account["host"]), str(account["port"])
    try:
        socket.create_connection((host, int(port)), 20).close()
    except OSError as error:
        pytest.skip(f"no database at {host}:{port}: {error}")

    def ask(sql: str, user: str = str(account["user"]), password: object = None) -> str:
        secret = account["password"] if password is None else password
        words = ["--no-defaults", "--batch", "--skip-column-names", f"--host={host}"]
        done = subprocess.run(
            [str(CLIENT), *words, f"--port={port}", f"--user={user}"],
            input=sql, text=True, capture_output=True, env={**os.environ, "MYSQL_PWD": str(secret)},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return ask


@pytest.mark.skipif(CLIENT is None, reason=why_not("mariadb"))
@pytest.mark.parametrize("name", NAMES_OF_USERS)
def test_a_real_server_makes_exactly_the_user_that_is_named(
    name: str, as_user: Callable[..., str]
) -> None:
    mark = f"fp{secrets.token_hex(4)}"
    user, password = mark + name, 'it\'s \\ "$5" %`;#'
    url = f"mysql+pymysql://{quote(user, safe='')}@127.0.0.1/"
    sql = render_sql(answer(database={"url": url, "name": mark}), password)
    quoted = "'" + user.replace("'", "''") + "'"
    mode = "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES';"
    try:
        as_user(sql)
        listed = f"SELECT HEX(User), Host FROM mysql.user WHERE LEFT(User, {len(mark)}) = '{mark}'"
        rows = sorted(row.split("\t") for row in as_user(listed).splitlines())
        assert rows == sorted(
            [user.encode().hex().upper(), host] for host in ("localhost", "127.0.0.1", "::1")
        )
        seen = as_user("SHOW DATABASES LIKE 'fp%'", user, password).split()
        assert seen == [mark, f"{mark}_api", f"{mark}_cell0"]
    finally:
        drops = [f"DROP DATABASE IF EXISTS {mark}{end};" for end in ("", "_api", "_cell0")]
        drops += [
            f"DROP USER IF EXISTS {quoted}@'{host}';" for host in ("localhost", "127.0.0.1", "::1")
        ]
        as_user(mode + "".join(drops))
