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
# @NAME@_stop_seconds (int)    how long `stop` waits before it kills; 75

. /etc/rc.subr

name="@NAME@"
desc="@DESCRIPTION@"
rcvar="@NAME@_enable"

load_rc_config "${name}"

: "${@NAME@_enable:=NO}"
@USER_LINE@: "${@NAME@_login_class:=daemon}"
: "${@NAME@_env:=@ENVIRONMENT@}"
: "${@NAME@_start_seconds:=10}"
: "${@NAME@_stop_seconds:=75}"

pidfile="@PID_FILE@"
childfile="@CHILD_FILE@"
logfile="@LOG_FILE@"
required_files="@REQUIRED_FILES@"
@MODULES_LINE@command="/usr/sbin/daemon"
command_args="-cfH -r -R 5 -t ${name} -P ${pidfile} -p ${childfile} -o ${logfile} \\
@COMMAND@"

start_precmd="@NAME@_prestart"
start_postcmd="@NAME@_poststart"
stop_cmd="@NAME@_stop"
status_cmd="@NAME@_status"

# Finds the process of a file. After a crash of the host its number may be another one's: it has to
# be the service's user, and to run one of these.
@NAME@_find()
{
	pid=$(head -n 1 "$1" 2>/dev/null)
	case "${pid}" in
	"" | *[!0-9]*) return 1 ;;
	esac
	case "$(ps -ww -o user= -o command= -p "${pid}" 2>/dev/null)" in
	"${@NAME@_user:-root} "*"$2"* | "${@NAME@_user:-root} "*"$3"*) return 0 ;;
	esac
	return 1
}

# daemon(8), and the program, which goes on running if its daemon(8) was killed.
@NAME@_look()
{
	supervisor=
	child=
	if @NAME@_find "${pidfile}" "daemon: ${name}[" "/daemon -cfH -r -R 5 -t ${name} "; then
		supervisor=${pid}
	fi
	if @NAME@_find "${childfile}" @PROGRAM@ "[@FILE_NAME@]"; then
		child=${pid}
	fi
}

@NAME@_prestart()
{
	@NAME@_look
	if [ -z "${supervisor}" ] && [ -n "${child}" ]; then
		warn "${name} runs already as pid ${child}, without its daemon(8); stop it first"
		return 1
	fi
@PREPARE@}

# daemon(8) cannot write a file that another user left, who ran the service by hand.
@NAME@_clear()
{
	if [ -z "${supervisor}" ]; then
		find "${pidfile}" "${childfile}" ! -user "${@NAME@_user:-root}" -exec rm -f {} + 2>/dev/null
	fi
	return 0
}

@NAME@_status()
{
	@NAME@_look
	if [ -n "${supervisor}" ]; then
		echo "${name} is running as pid ${supervisor}."
	elif [ -n "${child}" ]; then
		echo "${name} is running as pid ${child}, without its daemon(8); restart it."
	else
		echo "${name} is not running."
		return 1
	fi
}

@NAME@_stop()
{
	@NAME@_look
	if [ -z "${supervisor}${child}" ]; then
		if [ -n "${rc_fast}" ]; then
			return 0
		fi
		echo "${name} not running? (check ${pidfile})." >&2
		return 1
	fi
	echo "Stopping ${name}."
	@NAME@_end
}

# Older versions of daemon(8) end before the program does, which may have work to finish.
@NAME@_end()
{
	kill -TERM "${supervisor:-${child}}" || return 1
	waited=0
	for pid in ${supervisor} ${child}; do
		while kill -0 "${pid}" 2>/dev/null; do
			if [ "${waited}" -ge "${@NAME@_stop_seconds}" ]; then
				warn "${name}, pid ${pid}, did not end in ${waited} seconds, and is killed"
				kill -KILL "${pid}"
				break
			fi
			sleep 1
			waited=$((waited + 1))
		done
	done
}

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
		@NAME@_look
		if [ -n "${supervisor}" ]; then
			@NAME@_end
		fi
		return 1
	fi
}

run_rc_command "$1"
"""
_USER_LINE = ': "${@NAME@_user:=@USER@}"\n'
_MODULES_LINE = 'required_modules="@MODULES@"\n'
_PREPARE_ROOT = """\
	@NAME@_clear
	if [ ! -e "${logfile}" ]; then
		install -m 0640 /dev/null "${logfile}"
	fi
"""
_PREPARE = """\
	install -d -g @GROUP@ -m 0750 @LOG@ || return 1
	install -d -o "${@NAME@_user}" -g @GROUP@ -m 0750 @RUN@ || return 1
	@NAME@_clear
	if [ ! -e "${logfile}" ]; then
		install -o "${@NAME@_user}" -g @GROUP@ -m 0640 /dev/null "${logfile}"
	fi
"""


def render_rc_script(service: Service, answers: Answers) -> bytes:
    """Write the script of one service."""
    words = {
        "NAME": service.name,
        "FILE_NAME": service.file_name,
        "PROGRAM": service.program,
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
