from __future__ import annotations

import os

import pytest


def test_every_missing_symbol_is_undefined(host):
    assert (
        host.run("""
        import ctypes
        answer = []
        for library in (ctypes.CDLL(None), ctypes.CDLL("libc.so.7")):
            for name in profile.libc["missing"]:
                error = raised(getattr, library, name)
                if error != ["AttributeError", None, 'Undefined symbol "%s"' % name]:
                    answer.append([name, error])
        """)
        == []
    )


def test_every_present_symbol_is_found(host):
    assert (
        host.run("""
        import ctypes
        libc = ctypes.CDLL(None)
        answer = [name for name in profile.libc["present"] if raised(getattr, libc, name)]
        """)
        == []
    )


def test_a_symbol_that_cannot_be_imitated_says_so_when_called(host):
    assert host.run("""
        import ctypes
        answer = raised(ctypes.CDLL(None).cap_enter)
        """) == ["NotImplementedError", None, "cap_enter(3) of FreeBSD is not emulated"]


def test_glibc_is_not_there_by_name(host):
    kind, _, text = host.run("""
        import ctypes
        answer = raised(ctypes.CDLL, "libc.so.6")
        """)
    assert kind == "OSError"
    assert text.startswith('Shared object "libc.so.6" not found, required by "python3.')


def test_find_library_answers_as_the_host(host):
    found = host.run("""
        import ctypes.util
        name = ctypes.util.find_library("c")
        answer = [name, ctypes.CDLL(name).getpid() == os.getpid()]
        """)
    assert found == [None if host.profile == "freebsd-13.1" else "libc.so.7", True]


def test_cffi_lacks_the_same_symbols(host):
    pytest.importorskip("cffi", reason="cffi is not a dependency of the toolkit")
    assert host.run("""
        import cffi
        ffi = cffi.FFI()
        ffi.cdef("int prctl(int); int getpid(void);")
        libc = ffi.dlopen(None)
        answer = [libc.getpid() == os.getpid(), raised(getattr, libc, "prctl")[0],
                  raised(ffi.dlopen, "libc.so.6")[0]]
        """) == [True, "AttributeError", "OSError"]


def test_sysctlbyname_answers_numbers_strings_and_enoent(host):
    assert host.run("""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        number, size = ctypes.c_int(), ctypes.c_size_t(4)
        first = libc.sysctlbyname(b"hw.ncpu", ctypes.byref(number), ctypes.byref(size), None, 0)
        text, room = ctypes.create_string_buffer(64), ctypes.c_size_t(64)
        libc.sysctlbyname(b"kern.ostype", text, ctypes.byref(room), None, 0)
        short = ctypes.c_size_t(2)
        small = libc.sysctlbyname(b"kern.ostype", text, ctypes.byref(short), None, 0)
        why_small = errno.errorcode[ctypes.get_errno()]
        none = libc.sysctlbyname(b"no.such.thing", None, None, None, 0)
        answer = [first, number.value, text.value.decode(), room.value, small, why_small, none,
                  errno.errorcode[ctypes.get_errno()]]
        """) == [0, 2, "FreeBSD", 8, -1, "ENOMEM", -1, "ENOENT"]


def test_sysctl_gives_the_program_of_this_process_and_esrch_for_none(host):
    assert host.run("""
        import ctypes, subprocess
        dead = subprocess.Popen(["true"])
        dead.wait()
        def ask(pid):
            libc = ctypes.CDLL(None, use_errno=True)
            mib, room = (ctypes.c_int * 4)(1, 14, 12, pid), ctypes.c_size_t(1024)
            text = ctypes.create_string_buffer(1024)
            status = libc.sysctl(mib, 4, text, ctypes.byref(room), None, 0)
            return [status, os.fsdecode(text.value) or errno.errorcode[ctypes.get_errno()]]
        own = ask(os.getpid())
        answer = [own[0], own[1] == os.path.realpath(sys.executable), ask(dead.pid)]
        """) == [0, True, [-1, "ESRCH"]]


PROGRAM_OF = """
        import ctypes, shutil, signal, subprocess
        libc = ctypes.CDLL(None, use_errno=True)
        def program_of(pid):
            mib, room = (ctypes.c_int * 4)(1, 14, 12, pid), ctypes.c_size_t(1024)
            text = ctypes.create_string_buffer(1024)
            status = libc.sysctl(mib, 4, text, ctypes.byref(room), None, ctypes.c_size_t(0))
            if status:
                return errno.errorcode[ctypes.get_errno()]
            return os.fsdecode(text.raw[:room.value])
        def started(path):
            return subprocess.Popen([path, "60"], executable=path)
"""


def test_sysctl_gives_the_program_of_another_process(host):
    assert host.run(
        PROGRAM_OF
        + """
        sleep = os.path.realpath(shutil.which("sleep"))
        other = started(sleep)
        answer = program_of(other.pid) == sleep + chr(0)
        other.kill()
        """
    )


def test_sysctl_gives_enoent_for_a_deleted_program_and_nothing_for_a_zombie(host, tmp_path):
    assert host.run(
        PROGRAM_OF
        + f"""
        copy = shutil.copy(shutil.which("sleep"), {str(tmp_path / "copy")!r})
        other = started(copy)
        before = program_of(other.pid) == copy + chr(0)
        os.unlink(copy)
        deleted = program_of(other.pid)
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        answer = [before, deleted, program_of(other.pid)]
        """
    ) == [True, "ENOENT", "\0"]


def test_sysctl_takes_minus_one_for_this_process_and_no_other_number_below_one(host):
    assert host.run(
        PROGRAM_OF
        + """
        own = os.path.realpath(sys.executable) + chr(0)
        answer = [program_of(-1) == own, program_of(0), program_of(-2)]
        """
    ) == [True, "\0", "ESRCH"]


def test_sysctlnametomib_knows_the_name_that_sysctl_answers(host):
    assert host.run("""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        def numbers(name, room):
            mib, count = (ctypes.c_int * 4)(), ctypes.c_size_t(room)
            if libc.sysctlnametomib(name, mib, ctypes.byref(count)):
                return errno.errorcode[ctypes.get_errno()]
            return mib[:count.value]
        answer = [numbers(b"kern.proc.pathname", 4), numbers(b"kern.proc.pathname", 2),
                  numbers(b"no.such.thing", 4)]
        """) == [[1, 14, 12], "ENOMEM", "ENOENT"]


def test_procctl_forbids_this_process_new_privileges_and_does_nothing_else(host):
    assert host.run("""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        def ask(id_type, pid, command, value):
            argument = None if value is None else ctypes.byref(ctypes.c_int(value))
            status = libc.procctl(id_type, ctypes.c_int64(pid), command, argument)
            return status and errno.errorcode[ctypes.get_errno()]
        own = os.getpid()
        answer = [ask(0, own, 19, 1), ask(os.P_PID, own, 19, 1), ask(2, own, 19, 1),
                  ask(0, os.getppid(), 19, 1), ask(0, own, 19, 2), ask(0, own, 19, None),
                  ask(0, own, 7, 1)]
        """) == [0, 0, "EINVAL", "EPERM", "EINVAL", "EFAULT", "EINVAL"]


def test_a_process_without_new_privileges_gains_none(host):
    if os.geteuid() != 0:
        pytest.skip("only root can make a program set-user-ID")
    assert (
        host.run("""
        import ctypes, shutil, subprocess, tempfile
        directory = tempfile.mkdtemp()
        program = shutil.copy(shutil.which("id"), directory)
        def identity():
            return int(subprocess.check_output([program, "-u"]))
        if os.fork() == 0:
            os.chmod(directory, 0o755)
            os.chmod(program, 0o4755)
            os.setuid(65534)
            before = identity()
            ctypes.CDLL(None).procctl(
                0, ctypes.c_int64(os.getpid()), 19, ctypes.byref(ctypes.c_int(1)))
            os._exit(0 if [before, identity()] == [0, 65534] else 1)
        answer = os.wait()[1]
        shutil.rmtree(directory)
        """)
        == 0
    )
