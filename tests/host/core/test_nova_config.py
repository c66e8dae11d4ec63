"""nova.conf from answers: what goes where, and what must never be seen."""

from __future__ import annotations

import configparser
import re
from urllib.parse import quote

import pytest
from made_answers import answer

from freebsd_port.errors import UsageError
from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.nova_config import (
    MODE,
    Shipped,
    broker_url,
    config_files,
    database_url,
    render_config,
    render_filters,
    render_rootwrap,
)
from freebsd_port.host.core.passwords import (
    KEYS,
    hide_passwords,
    parse_passwords,
    render_passwords,
    variable,
)

ANSWERS = Answers()
PASSWORDS = {key: f"secret of {key} $100%" for key in KEYS}
QUOTED = {key: quote(value, safe="") for key, value in PASSWORDS.items()}
ROOTWRAP = "[DEFAULT]\nfilters_path=/etc/nova/rootwrap.d\nexec_dirs=/sbin,/bin\nuse_syslog=False\n"


def files(answers: Answers = ANSWERS, *, has_own_api_server: bool = False) -> dict[str, bytes]:
    shipped = Shipped(ROOTWRAP, b"paste", b"sample", b"policy", has_own_api_server)
    made = config_files(answers, PASSWORDS, shipped)
    assert {file.mode for file in made} == {MODE}
    return {file.path.removeprefix(f"{answers.nova.config}/"): file.content for file in made}


def read(content: bytes) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(content.decode())
    return parser


def test_every_file_of_the_guide_is_there() -> None:
    assert list(files()) == [
        "api-paste.ini",
        "nova-compute.conf",
        "nova.conf",
        "nova.conf.sample",
        "policy.yaml.sample",
        "rootwrap.conf",
        "rootwrap.d/compute.filters",
    ]


def test_the_compute_service_runs_bhyve_on_raw_disks() -> None:
    compute = read(files()["nova-compute.conf"])
    libvirt = compute["libvirt"]
    assert (libvirt["virt_type"], libvirt["images_type"]) == ("bhyve", "raw")
    assert libvirt["connection_uri"] == "bhyve:///system"
    assert compute["nova_sys_admin"]["require_capabilities"] == "False"
    assert compute["nova_sys_admin"]["helper_command"] == (
        "/usr/local/bin/sudo /usr/local/nova/bin/nova-rootwrap /usr/local/etc/nova/rootwrap.conf "
        "privsep-helper --config-file /usr/local/etc/nova/nova.conf "
        "--config-file /usr/local/etc/nova/nova-compute.conf"
    )


def test_novas_own_weighers_choose_unless_the_answers_name_another() -> None:
    assert "filter_scheduler" not in read(files()["nova.conf"])
    answers = answer(scheduler={"weigher": "load-hash", "hash_percent": 5})
    scheduler = read(files(answers)["nova.conf"])["filter_scheduler"]
    assert scheduler["weight_classes"] == "freebsd_port_extras.weights.LoadHashWeigher"
    assert scheduler["load_hash_share"] == "0.05"


def test_the_compute_service_runs_qemu_if_it_is_told_to() -> None:
    answers = answer(libvirt={"virt_type": "qemu", "uri": "qemu:///system"})
    libvirt = read(files(answers)["nova-compute.conf"])["libvirt"]
    assert (libvirt["virt_type"], libvirt["images_type"]) == ("qemu", "raw")
    assert (libvirt["connection_uri"], libvirt["cpu_mode"]) == ("qemu:///system", "none")
    bhyve = read(files()["nova-compute.conf"])["libvirt"]
    assert "cpu_mode" not in bhyve  # bhyve refuses any


def test_configuration_drives_are_made_by_the_program_that_the_answers_name() -> None:
    assert read(files()["nova-compute.conf"])["DEFAULT"]["mkisofs_cmd"] == "/usr/local/bin/mkisofs"
    answers = answer(nova={"mkisofs": "/usr/local/bin/genisoimage"})
    compute = read(files(answers)["nova-compute.conf"])
    assert compute["DEFAULT"]["mkisofs_cmd"] == "/usr/local/bin/genisoimage"


def test_the_ports_of_consoles_are_those_of_the_bridge() -> None:
    answers = answer(console={"first_port": 20000, "last_port": 20009})
    assert read(files(answers)["nova.conf"])["serial_console"]["port_range"] == "20000:20009"


def test_only_a_release_with_its_own_api_server_is_told_where_it_listens() -> None:
    by_gunicorn = read(files()["nova.conf"])["DEFAULT"]
    assert not {"osapi_compute_listen", "metadata_listen"} & set(by_gunicorn)
    own = read(files(has_own_api_server=True)["nova.conf"])["DEFAULT"]
    assert (own["osapi_compute_listen"], own["osapi_compute_listen_port"]) == ("127.0.0.1", "8774")
    assert (own["metadata_listen"], own["metadata_listen_port"]) == ("127.0.0.1", "8775")


def test_neutrons_metadata_agent_is_believed_by_the_shared_secret() -> None:
    neutron = read(files()["nova.conf"])["neutron"]
    assert neutron["service_metadata_proxy"] == "True"
    assert neutron["metadata_proxy_shared_secret"] == "secret of metadata $$100%"


def test_a_url_has_the_quoted_password_and_an_option_the_plain_one() -> None:
    nova = read(files()["nova.conf"])
    assert nova["DEFAULT"]["transport_url"] == (
        "rabbit://openstack:secret%20of%20broker%20%24100%25@127.0.0.1:5672/"
    )
    assert nova["placement"]["password"] == "secret of placement $$100%"


def test_urls_follow_the_answers() -> None:
    postgresql = answer(database={"url": "postgresql+psycopg2://n@[fd00::1]/"})
    assert database_url(postgresql, "nova_api", "p") == (
        "postgresql+psycopg2://n:p@[fd00::1]:5432/nova_api"
    )
    broker = answer(broker={"url": "rabbit://u@mq:5673/openstack"})
    assert broker_url(broker, "p") == "rabbit://u:p@mq:5673/openstack"


def test_a_dollar_is_no_reference() -> None:
    assert render_config("head", {"a": {"b": "$c"}}) == b"# head\n\n[a]\nb = $$c\n"


def test_rootwrap_looks_where_this_host_has_things() -> None:
    assert render_rootwrap(ROOTWRAP, ANSWERS).decode().splitlines()[1:3] == [
        "filters_path=/usr/local/etc/nova/rootwrap.d",
        "exec_dirs=/usr/local/nova/bin,/sbin,/usr/sbin,/bin,/usr/bin,/usr/local/sbin,/usr/local/bin",
    ]
    with pytest.raises(ValueError, match="exec_dirs stands 0 times"):
        render_rootwrap("[DEFAULT]\nfilters_path=/x\n", ANSWERS)


def test_the_filters_let_exactly_the_configured_helper_start() -> None:
    lines = render_filters(ANSWERS).decode().splitlines()[1:]
    words = [[part.strip() for part in line.split(": ", 1)[1].split(",")] for line in lines]
    patterns = words[0][3:]
    files = ("--config-file", "/usr/local/etc/nova/nova.conf")
    compute = ("--config-file", "/usr/local/etc/nova/nova-compute.conf")
    context = ("--privsep_context", "nova.privsep.sys_admin_pctxt")
    socket = ("--privsep_sock_path", "/tmp/tmpab_1/privsep.sock")
    command = ["privsep-helper", *files, *compute, *context, *socket]

    def fits(given: list[str]) -> bool:
        return len(given) == len(patterns) and all(
            re.fullmatch(pattern, word) for pattern, word in zip(patterns, given, strict=True)
        )

    assert fits(command)
    assert not fits([word.replace("nova.conf", "novaXconf") for word in command])
    assert not fits([word.replace("sys_admin_pctxt", "other") for word in command])
    assert not fits([word.replace("/tmp/", "/root/") for word in command])


def test_passwords_survive_a_round_trip() -> None:
    assert parse_passwords(render_passwords(PASSWORDS), "file") == PASSWORDS
    assert parse_passwords(render_passwords({}), "file") == {}


@pytest.mark.parametrize("data", [b"broker = 1\n", b'brokr = "sesame"\n', b'broker = "sesame\n'])
def test_a_faulty_file_of_passwords_is_refused_without_repeating_any(data: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        parse_passwords(data, "passwords.toml")
    assert caught.value.where == "passwords.toml"
    assert "sesame" not in str(caught.value)


def test_what_is_shown_has_no_password_in_any_form() -> None:
    shown = b"".join(files().values()).decode()
    assert "secret of" in shown
    assert "secret%20of" in shown
    hidden = hide_passwords(shown, (*PASSWORDS.values(), *QUOTED.values()))
    assert "secret of" not in hidden
    assert "secret%20of" not in hidden
    assert "secret%20of" not in hide_passwords(shown, ())  # those in URLs, whoever set them


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("-password = theirs", "-password = ***"),
        ("+metadata_proxy_shared_secret=theirs", "+metadata_proxy_shared_secret=***"),
        (" connection = mysql://nova:the:irs@db/nova", " connection = mysql://nova:***@db/nova"),
        ("-username = nova", "-username = nova"),
        (" url = http://127.0.0.1:9696/a", " url = http://127.0.0.1:9696/a"),
    ],
)
def test_a_password_that_somebody_else_set_is_hidden_too(line: str, hidden: str) -> None:
    assert hide_passwords(line, ()) == hidden


def test_the_variables_are_named_after_the_passwords() -> None:
    assert variable("broker") == "FREEBSD_PORT_PASSWORD_BROKER"


def test_another_directory_is_meant_everywhere() -> None:
    answers = answer(nova={"config": "/srv/etc", "environment": "/srv/venv"})
    text = b"".join(files(answers).values()).decode()
    assert "/usr/local/etc/nova" not in text
    assert "/usr/local/nova" not in text


def test_disks_are_volumes_where_a_dataset_is_named() -> None:
    libvirt = read(files(answer(disks={"dataset": "zroot/nova"}))["nova-compute.conf"])["libvirt"]
    assert (libvirt["images_type"], libvirt["images_zfs_dataset"]) == ("zfs", "zroot/nova")
    assert "images_zfs_dataset" not in read(files()["nova-compute.conf"])["libvirt"]


def test_guests_have_a_configuration_drive_because_bhyve_does_not_say_openstack() -> None:
    assert read(files()["nova-compute.conf"])["DEFAULT"]["force_config_drive"] == "True"
