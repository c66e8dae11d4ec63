from __future__ import annotations

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
    assert found == [{"freebsd-13.1": None, "freebsd-14.5": "libc.so.7"}[host.profile], True]


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


def test_procctl_takes_no_new_privileges(host):
    assert (
        host.run("""
        import ctypes
        answer = ctypes.CDLL(None).procctl(0, os.getpid(), 19, ctypes.byref(ctypes.c_int(1)))
        """)
        == 0
    )
