"""A real keystone, on SQLite, and what an operator makes there by hand: project, users, roles."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.store.openstack import Login, OpenStack
from services.configuration import render
from services.session import Session

_CONF = "keystone.conf"


class Keystone:
    """The identity service of a run."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._password = secrets.token_urlsafe(24)

    def begin(self) -> None:
        """Start to make its database and keys, which takes a while."""
        run = self._session.run
        keys = {name: {"key_repository": run.path(name)} for name in _KEYS}
        sections = {
            "DEFAULT": {"log_file": run.path("keystone.log")},
            "database": {"connection": f"sqlite:///{run.path('keystone.sqlite')}"},
            **keys,
        }
        run.path(_CONF).write_text(render(sections), "utf-8")
        for name in _KEYS:
            run.path(name).mkdir(mode=0o700)
        python = self._session.target.program("python")
        manage = f"'{python}' '{self._session.beside}/bin/keystone-manage'"
        manage += f" --config-file '{run.path(_CONF)}'"
        url = run.url("identity") + "/v3"
        steps = [
            f"{manage} db_sync",
            f"{manage} fernet_setup --keystone-user $(id -un) --keystone-group $(id -gn)",
            f"{manage} bootstrap --bootstrap-public-url {url} --bootstrap-internal-url {url}",
        ]
        self._session.begin(
            "keystone-manage",
            ["sh", "-c", " && ".join(steps)],
            PYTHONPATH=str(self._session.beside),
            OS_BOOTSTRAP_PASSWORD=self._password,
        )

    def serve(self) -> None:
        """Wait for all that, then start it, and wait until it serves."""
        session = self._session
        session.finish("keystone-manage")
        session.serve(
            "identity",
            "keystone.wsgi.api",
            str(session.beside),
            OS_KEYSTONE_CONFIG_FILES=str(session.run.path(_CONF)),
        )
        session.wait_for("identity", lambda: session.is_serving("identity"))

    def admit(self, answers: Answers, passwords: Mapping[str, str]) -> tuple[str, ...]:
        """Make the users that nova's configuration names, administrators of their project."""
        url = str(answers.identity.url)
        ask = OpenStack({"identity": url}, Login("admin", "admin", "Default", self._password)).ask

        def make(kind: str, **values: Any) -> str:
            body = {kind: {**values, "domain_id": "default"}}
            return str(ask("identity", f"/{kind}s", "POST", body)[kind]["id"])

        (role,) = ask("identity", "/roles?name=admin")["roles"]
        project = make("project", name=answers.identity.project)
        users = {
            answers.identity.user: "identity",
            answers.identity.neutron: "neutron",
            answers.identity.placement: "placement",
        }
        for name, key in users.items():
            user = make("user", name=name, password=passwords[key])
            ask("identity", f"/projects/{project}/users/{user}/roles/{role['id']}", "PUT")
        return tuple(users)


_KEYS = ("fernet_tokens", "fernet_receipts", "credential")
"""The sections of keystone.conf that name a directory of keys, and the directories' names."""
