"""The privilege policy where there are no capabilities: less than asked for runs, more is refused.

The first half runs the policy against a stand-in of the kernel's ids, so that every path can
be taken by any user; the second half starts real daemons.
"""

import errno
import os
import pwd

import pytest
from oslo_config import cfg
from oslo_privsep import capabilities, daemon, priv_context

PATCH = pytest.mark.patch("oslo.privsep/privsep-drop-privs-no-caps.patch")
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

NOBODY = pwd.getpwnam("nobody")
FEW = [capabilities.CAP_SYS_ADMIN, capabilities.CAP_NET_ADMIN]
ALL = list(capabilities.Capabilities)
BOTH = [True, False]

# Before, Linux changed the user first, and was then denied the group. FreeBSD was not reached.
GROUP_ON_LINUX = pytest.mark.since("oslo.privsep", "3.3")


def warnings(messages):
    return [text for level, text in messages if level == "WARNING"]


def refused(drop, **options):
    with pytest.raises(daemon.FailedToDropPrivileges) as caught:
        drop(**options)
    return str(caught.value)


@PATCH
@pytest.mark.on_freebsd
@pytest.mark.parametrize("user", [None, "1001", "root"])
def test_a_user_without_privileges_runs_and_gains_none(drop, unprivileged, user):
    messages = drop(user=user)

    assert unprivileged.uids == [1001, 1001, 1001]
    assert {name for name, _ in unprivileged.calls} <= {"setuid"}
    assert ("INFO", "privsep process running without any privileges") in messages
    assert not warnings(messages)


@PATCH
@pytest.mark.on_freebsd
def test_a_user_without_privileges_cannot_become_another(drop, unprivileged):
    assert "uid 2002" in refused(drop, user="2002")
    assert unprivileged.calls == []


@PATCH
@pytest.mark.on_freebsd
def test_root_becomes_the_user_and_group_in_the_safe_order(drop, root):
    messages = drop(user="42", group="84")

    assert root.calls == [("setgroups", []), ("setgid", 84), ("setuid", 42)]
    assert ("INFO", "privsep process running with uid/gid: 42/84") in messages


@PATCH
@pytest.mark.on_freebsd
@pytest.mark.parametrize("user", [NOBODY.pw_name, str(NOBODY.pw_uid), NOBODY.pw_uid])
def test_root_leaves_its_groups_for_the_login_group_when_no_group_is_set(drop, root, user):
    drop(user=user)

    expected = [("setgid", NOBODY.pw_gid), ("setuid", NOBODY.pw_uid)]
    assert root.calls == [("setgroups", []), *expected]


@PATCH
@pytest.mark.on_freebsd
@pytest.mark.parametrize("user", ["no-such-user", str(2**31 - 11)])
def test_root_refuses_a_user_without_a_login_group(drop, root, user):
    assert user in refused(drop, user=user)
    assert root.calls == []


@PATCH
@pytest.mark.on_freebsd
def test_root_refuses_to_run_when_its_groups_cannot_be_dropped(drop, root, monkeypatch):
    def deny(groups):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "setgroups", deny)
    assert "groups" in refused(drop, user="42", group="84")
    assert root.calls == []


@PATCH
@pytest.mark.on_freebsd
def test_a_warning_names_the_capabilities_that_were_lost_with_root(drop, root):
    (warning,) = warnings(drop(user="42", group="84"))
    assert warning.endswith(": CAP_NET_ADMIN, CAP_SYS_ADMIN")


@PATCH
@pytest.mark.on_freebsd
def test_nothing_is_lost_where_no_capability_was_asked_for(drop, root):
    assert not warnings(drop(user="42", group="84", caps=[]))


@PATCH
@pytest.mark.on_freebsd
def test_capabilities_are_not_supported():
    assert capabilities.is_supported() is False


@PATCH
@pytest.mark.on_linux
def test_linux_supports_capabilities():
    assert capabilities.is_supported() is True


@PATCH
@pytest.mark.on_freebsd
@pytest.mark.parametrize("require", BOTH)
@pytest.mark.parametrize("remaining", ["real", "saved"])
def test_refuses_a_user_who_could_become_root_again(drop, root, monkeypatch, require, remaining):
    def change_all_but_one(uid):
        root.uids[:] = [uid] * 3
        root.uids[{"real": 0, "saved": 2}[remaining]] = 0

    monkeypatch.setattr(os, "setuid", change_all_but_one)
    assert "root again" in refused(drop, user="42", group="84", require=require)


@PATCH
@pytest.mark.on_freebsd
@pytest.mark.parametrize(("user", "group"), [(None, None), ("root", None), (None, "84")])
def test_remaining_root_is_refused_by_default(drop, root, user, group):
    reason = refused(drop, user=user, group=group)

    assert "CAP_NET_ADMIN, CAP_SYS_ADMIN" in reason
    assert "require_capabilities" in reason
    assert root.uids == [0, 0, 0]


@PATCH
@pytest.mark.on_freebsd
def test_remaining_root_is_refused_where_there_is_no_getresuid(drop, root, monkeypatch):
    monkeypatch.delattr(os, "getresuid")
    assert "require_capabilities" in refused(drop)


@PATCH
@pytest.mark.on_freebsd
def test_a_user_whose_real_id_is_root_is_refused_where_there_is_no_getresuid(
    drop, root, monkeypatch
):
    def change_effective_only(uid):
        root.uids[1] = uid

    monkeypatch.delattr(os, "getresuid")
    monkeypatch.setattr(os, "setuid", change_effective_only)
    assert "root again" in refused(drop, user="42", group="84")


@PATCH
@pytest.mark.on_freebsd
def test_a_daemon_whose_effective_id_is_root_is_refused_where_there_is_no_getresuid(
    drop, root, monkeypatch
):
    monkeypatch.delattr(os, "getresuid")
    root.uids = [1001, 0, 1001]
    assert "require_capabilities" in refused(drop)


@PATCH
@pytest.mark.on_freebsd
def test_a_daemon_without_a_user_that_can_become_root_is_told_of_the_option(drop, root):
    root.uids = [0, 1001, 1001]
    assert "require_capabilities" in refused(drop)


@PATCH
@pytest.mark.on_freebsd
def test_an_operator_may_allow_root_and_is_warned_once(drop, root):
    (warning,) = warnings(drop(require=False))
    assert "every privilege of root" in warning
    assert warning.endswith(": CAP_NET_ADMIN, CAP_SYS_ADMIN")


@PATCH
@pytest.mark.on_freebsd
@pytest.mark.parametrize("require", BOTH)
def test_remaining_root_is_always_refused_to_a_context_that_asks_for_nothing(drop, root, require):
    assert "none is asked for" in refused(drop, caps=[], require=require)


@PATCH
@pytest.mark.on_freebsd
def test_remaining_root_is_no_more_than_a_context_asks_for_that_lists_everything(drop, root):
    messages = drop(caps=ALL)
    assert not warnings(messages)
    assert ("INFO", "privsep process running with every privilege of root") in messages


@PATCH
@pytest.mark.on_freebsd
def test_require_capabilities_is_an_option_of_the_context_and_true():
    context = priv_context.PrivContext("nowhere", cfg_section="elsewhere", capabilities=FEW)
    assert cfg.CONF.elsewhere.require_capabilities is True
    assert context.conf.require_capabilities is True


@PATCH
@pytest.mark.on_freebsd
@NEEDS_ROOT
@pytest.mark.parametrize("method", ["fork", "helper"])
def test_a_real_daemon_leaves_root_for_good(run_daemon, method):
    run = run_daemon(method, user=NOBODY.pw_name)

    (answer,) = run.answers
    assert answer["identity"]["pid"] != answer["pid"]
    assert answer["identity"]["uids"] == [NOBODY.pw_uid] * 3
    assert answer["identity"]["gids"] == [NOBODY.pw_gid] * 3
    assert set(answer["identity"]["groups"]) <= {NOBODY.pw_gid}
    assert answer["identity"]["root"] == "EPERM"
    (warning,) = run.logged("WARNING")
    assert warning.endswith(": CAP_NET_ADMIN, CAP_SYS_ADMIN")


@PATCH
@pytest.mark.on_freebsd
@NEEDS_ROOT
@pytest.mark.parametrize("method", ["fork", "helper"])
def test_a_real_daemon_refuses_to_remain_root(run_daemon, method):
    run = run_daemon(method)

    assert run.answers[0]["error"] == "FailedToDropPrivileges"
    assert "identity" not in run.answers[0]
    assert any("set require_capabilities to False" in text for text in run.logged("CRITICAL"))


@PATCH
@pytest.mark.on_freebsd
@NEEDS_ROOT
@pytest.mark.parametrize("method", ["fork", "helper"])
def test_a_real_daemon_remains_root_where_the_section_allows_it(run_daemon, method):
    run = run_daemon(method, require_capabilities=False)

    (answer,) = run.answers
    assert answer["identity"]["uids"] == [0, 0, 0]
    assert len(run.logged("WARNING")) == 1


@PATCH
@pytest.mark.on_freebsd
def test_a_real_daemon_runs_without_privileges(run_daemon):
    run = run_daemon("fork", as_user=NOBODY.pw_name if os.geteuid() == 0 else None)

    (answer,) = run.answers
    assert 0 not in answer["identity"]["uids"]
    # EINVAL where Linux emulates FreeBSD in a namespace of users that has no root.
    assert answer["identity"]["root"] in ("EPERM", "EINVAL")
    assert not run.logged("WARNING")


@PATCH
@pytest.mark.on_linux
@NEEDS_ROOT
@pytest.mark.parametrize("method", ["fork", "helper"])
@pytest.mark.parametrize(
    ("options", "gid"),
    [
        pytest.param({}, os.getegid(), id="user"),
        pytest.param({"group": NOBODY.pw_gid}, NOBODY.pw_gid, id="group", marks=GROUP_ON_LINUX),
    ],
)
def test_linux_keeps_the_capabilities_across_leaving_root(run_daemon, method, options, gid):
    run = run_daemon(method, user=NOBODY.pw_name, **options)

    (answer,) = run.answers
    assert answer["identity"]["uids"] == [NOBODY.pw_uid] * 3
    assert answer["identity"]["gids"] == [gid] * 3
    kept = "CAP_NET_ADMIN|CAP_SYS_ADMIN"
    expected = "privsep process running with capabilities (eff/prm/inh): %s/%s/none" % (kept, kept)
    assert expected in run.logged("INFO")
    assert not run.logged("WARNING")


@PATCH
@pytest.mark.on_linux
@NEEDS_ROOT
def test_linux_remains_root_with_the_capabilities_only(run_daemon):
    run = run_daemon("fork")

    (answer,) = run.answers
    assert answer["identity"]["uids"] == [0, 0, 0]
    assert not run.logged("WARNING")


@pytest.fixture
def linux_root(root, monkeypatch):
    """Root on Linux, with "keep" and "caps" in `calls` for prctl(2) and capset(2)."""
    monkeypatch.setattr(capabilities, "_prctl", lambda *arguments: root.calls.append("keep") or 0)
    monkeypatch.setattr(capabilities, "_capset", lambda *arguments: root.calls.append("caps") or 0)
    return root


@PATCH
@pytest.mark.on_linux
def test_linux_drops_capabilities_after_the_user_as_ever(drop, linux_root):
    drop(user="42")
    assert linux_root.calls == ["keep", ("setuid", 42), "keep", "caps"]


@PATCH
@pytest.mark.on_linux
@GROUP_ON_LINUX
def test_linux_changes_the_group_before_the_user_as_ever(drop, linux_root):
    drop(user="42", group="84")
    assert linux_root.calls[1:4] == [("setgroups", []), ("setgid", 84), ("setuid", 42)]
