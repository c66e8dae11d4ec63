"""The rc.d script of a service. Source: rc.subr(8), daemon(8), rc.conf(5)."""

from __future__ import annotations

from freebsd_port.host.core.answers import Answers
from freebsd_port.host.core.grammars import fill_template, sh_word
from freebsd_port.host.core.service import Service, child_file, log_file, pid_file

_TEMPLATE = """\
#!/bin/sh

# PROVIDE: @NAME@
# REQUIRE: @REQUIRE@
# KEYWORD: shutdown
#
# @DESCRIPTION@. Written by `freebsd-port host services install`, which writes it
# again; what is to differ belongs in rc.conf:
#
# @NAME@_enable (bool)         YES starts it at boot; the default is NO
# @NAME@_user (str)            whose process it is; @USER@
# @NAME@_login_class (str)     login class, which limits it; daemon
# @NAME@_env (str)             its environment; replaces the one below
# @NAME@_start_seconds (int)   how long `start` watches it; 10, never at boot

. /etc/rc.subr

name="@NAME@"
desc="@DESCRIPTION@"
rcvar="@NAME@_enable"

load_rc_config "${name}"

: "${@NAME@_enable:=NO}"
@USER_LINE@: "${@NAME@_login_class:=daemon}"
: "${@NAME@_env:=@ENVIRONMENT@}"
: "${@NAME@_start_seconds:=10}"

pidfile="@PID_FILE@"
childfile="@CHILD_FILE@"
logfile="@LOG_FILE@"
required_files="@REQUIRED_FILES@"
@MODULES_LINE@command="/usr/sbin/daemon"
command_args="-cfH -r -R 5 -t ${name} -P ${pidfile} -p ${childfile} -o ${logfile} \\
@COMMAND@"

start_precmd="@NAME@_prestart"
start_postcmd="@NAME@_poststart"
stop_precmd="@NAME@_prestop"
stop_postcmd="@NAME@_poststop"

@NAME@_prestart()
{
@PREPARE@}

# daemon(8) tells nothing of a program that ends at once; it starts it again and again.
@NAME@_poststart()
{
	if [ -n "${rc_fast}" ] || [ "${@NAME@_start_seconds}" -eq 0 ]; then
		return 0
	fi
	first=
	waited=0
	while [ "${waited}" -lt "${@NAME@_start_seconds}" ]; do
		sleep 1
		waited=$((waited + 1))
		child=$(head -n 1 "${childfile}" 2>/dev/null)
		if [ -z "${first}" ] && [ -z "${child}" ]; then
			continue
		fi
		: "${first:=${child}}"
		if [ "${child}" != "${first}" ] || ! kill -0 "${child}" 2>/dev/null; then
			first=
			break
		fi
	done
	if [ -z "${first}" ]; then
		warn "${name} does not stay up. The last lines of ${logfile}:"
		tail -n 20 "${logfile}" >&2
		return 1
	fi
}

# Older versions of daemon(8) end before the program does, which may have work to finish.
@NAME@_prestop()
{
	child=$(head -n 1 "${childfile}" 2>/dev/null)
}

@NAME@_poststop()
{
	if [ -n "${child}" ]; then
		wait_for_pids "${child}"
	fi
}

run_rc_command "$1"
"""
_USER_LINE = ': "${@NAME@_user:=@USER@}"\n'
_MODULES_LINE = 'required_modules="@MODULES@"\n'
_PREPARE_ROOT = """\
	if [ ! -e "${logfile}" ]; then
		install -m 0640 /dev/null "${logfile}"
	fi
"""
_PREPARE = """\
	install -d -g @GROUP@ -m 0750 @LOG@ || return 1
	install -d -o "${@NAME@_user}" -g @GROUP@ -m 0750 @RUN@ || return 1
	if [ ! -e "${logfile}" ]; then
		install -o "${@NAME@_user}" -g @GROUP@ -m 0640 /dev/null "${logfile}"
	fi
"""


def render_rc_script(service: Service, answers: Answers) -> bytes:
    """Write the script of one service."""
    words = {
        "NAME": service.name,
        "USER": "root" if service.is_root else answers.nova.user,
        "GROUP": answers.nova.group,
        "LOG": answers.nova.log,
        "RUN": answers.nova.run,
        "PID_FILE": pid_file(service, answers),
        "CHILD_FILE": child_file(service, answers),
        "LOG_FILE": log_file(service, answers),
    }
    lists = {
        "REQUIRE": service.requires,
        "MODULES": service.modules,
        "ENVIRONMENT": service.environment,
        "REQUIRED_FILES": service.required_files,
        "COMMAND": (service.program, *service.arguments),
    }
    values = {
        "DESCRIPTION": service.description,
        **{key: sh_word(word) for key, word in words.items()},
        **{key: " ".join(map(sh_word, some)) for key, some in lists.items()},
    }
    parts = {
        "PREPARE": _PREPARE_ROOT if service.is_root else _PREPARE,
        "USER_LINE": "" if service.is_root else _USER_LINE,
        "MODULES_LINE": _MODULES_LINE if service.modules else "",
    }
    filled = {key: fill_template(part, values) for key, part in parts.items()}
    return fill_template(_TEMPLATE, values | filled).encode()
