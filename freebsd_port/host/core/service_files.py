"""Every file that `host services` writes: rc.d scripts, rotation, libvirt's hook, gunicorn's."""

from __future__ import annotations

from dataclasses import dataclass

from freebsd_port.host.core.answers import Answers, Api, Metadata
from freebsd_port.host.core.grammars import fill_template, newsyslog_field, python_text, sh_word
from freebsd_port.host.core.rc_script import render_rc_script
from freebsd_port.host.core.server_url import host_in_url
from freebsd_port.host.core.service import (
    APIS,
    Service,
    Tools,
    gunicorn_file,
    log_file,
    pid_file,
    services,
)

RC_DIRECTORY = "/usr/local/etc/rc.d"
_NEWSYSLOG = "/usr/local/etc/newsyslog.conf.d/nova.conf"
_HOOK = """\
#!/bin/sh
# Tells the console bridge that a guest starts or ends. Written by
# `freebsd-port host services install`. libvirt calls it with the guest's name, the operation and
# its part; newer ones give the domain's XML, older ones nothing, and the bridge finds it itself.
#
# Before a guest starts the bridge opens its console, and answers when that is done, so that no
# output is lost. A guest must start whether or not there is a bridge, which also finds by itself
# what runs. So nothing here fails, and nothing waits for more than five seconds.

case "$1$2" in
*[[:cntrl:]]*) exit 0 ;;
esac
case "$2" in
prepare | start | started | stopped | release) ;;
*) exit 0 ;;
esac
{
	printf 'guest %s %s\\n' "$2" "$1"
	cat
} | /usr/bin/nc -N -w 5 -U @SOCKET@ >/dev/null 2>&1
exit 0
"""
_GUNICORN = '''\
"""How gunicorn serves @MODULE@. Written by `freebsd-port host services install`."""

wsgi_app = @APPLICATION@
bind = [@BIND@]
workers = @WORKERS@
worker_class = "gthread"
threads = @THREADS@
timeout = 120
graceful_timeout = 60
proc_name = @NAME@
control_socket_disable = True
'''
_ROTATION = """\
# logfilename owner:group mode count size when flags pid_file signal
# Written by `freebsd-port host services install`. daemon(8) opens its file again on SIGHUP.
"""


@dataclass(frozen=True, slots=True)
class HostFile:
    """One file of a host."""

    path: str
    """Absolute."""

    mode: int
    content: bytes


def service_files(answers: Answers, tools: Tools) -> tuple[HostFile, ...]:
    """Give all files, in the order of their paths."""
    found = services(answers, tools)
    files = [
        HostFile(f"{RC_DIRECTORY}/{one.name}", 0o555, render_rc_script(one, answers))
        for one in found
    ]
    files.append(HostFile(_NEWSYSLOG, 0o644, _rotation(found, answers)))
    if answers.libvirt.is_bhyve:
        hook = fill_template(_HOOK, {"SOCKET": sh_word(answers.console.socket)})
        files.append(HostFile(f"{answers.libvirt.hooks}/bhyve", 0o755, hook.encode()))
    if not tools.has_own_api_server:
        places: tuple[Api | Metadata, ...] = (answers.api, answers.metadata)
        for api, place in zip(APIS, places, strict=True):
            name = f"nova-{api.what.replace('_', '-')}"
            text = _gunicorn(api.module, name, place)
            files.append(HostFile(gunicorn_file(answers, name), 0o644, text))
    return tuple(sorted(files, key=lambda file: file.path))


def _rotation(found: tuple[Service, ...], answers: Answers) -> bytes:
    rows = []
    for one in found:
        owner = "root:wheel" if one.is_root else f"{answers.nova.user}:{answers.nova.group}"
        row = (log_file(one, answers), owner, "640", "7", "10240", "*", "J")
        rows.append("\t".join(map(newsyslog_field, (*row, pid_file(one, answers), "1"))))
    return (_ROTATION + "\n".join(rows) + "\n").encode()


def _gunicorn(module: str, name: str, place: Api | Metadata) -> bytes:
    values = {
        "MODULE": module,
        "APPLICATION": python_text(f"{module}:application"),
        "NAME": python_text(name),
        "BIND": python_text(f"{host_in_url(place.address)}:{place.port}"),
        "WORKERS": str(place.workers),
        "THREADS": str(place.threads),
    }
    return fill_template(_GUNICORN, values).encode()
