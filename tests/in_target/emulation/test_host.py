"""Identity, limits, memory, children and the standard library of an emulated process."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "host", ["freebsd-13.1", "freebsd-14.5", "freebsd-15.0", "freebsd-15.0-arm64"], indirect=True
)
def test_the_process_says_it_is_the_recorded_host(host):
    version = host.profile.split("-")[1]
    major = version.partition(".")[0]
    machine = ("arm64", "aarch64") if host.profile.endswith("-arm64") else ("amd64", "amd64")
    found = host.run("""
        import os, platform
        uname = platform.uname()
        answer = [sys.platform, os.uname().sysname, uname.system, uname.release, uname.machine,
                  uname.processor, type(uname).__name__, platform.system(), platform.release(),
                  os.cpu_count()]
        """)
    release = found[3]
    assert release.startswith(version + "-RELEASE")
    assert found == [
        *("freebsd" + major, "FreeBSD", "FreeBSD", release, *machine, "uname_result"),
        *("FreeBSD", release, 2),
    ]


def test_the_emulation_names_its_release_and_level(host):
    release = {
        "freebsd-13.1": "13.1",
        "freebsd-14.5": "14.5",
        "freebsd-15.0": "15.0",
    }
    expected = f"FreeBSD {release[host.profile]} emulated on Linux ({host.level})"
    assert host.run("answer = str(emulation)") == expected


def test_the_descriptor_limit_is_far_above_1024_and_can_be_lowered(host):
    number = 176373 if host.profile == "freebsd-15.0" else 58590
    assert host.run("""
        import resource
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
        answer = [before, resource.getrlimit(resource.RLIMIT_NOFILE), os.sysconf("SC_OPEN_MAX"),
                  resource.RLIMIT_NOFILE]
        """) == [[number, number], [1024, number], 1024, 8]


def test_infinity_is_a_positive_number(host):
    assert (
        host.run("""
        import resource
        answer = [resource.RLIM_INFINITY, resource.getrlimit(resource.RLIMIT_CORE)[1]]
        """)
        == [2**63 - 1] * 2
    )


def test_a_limit_number_that_only_linux_has_is_refused(host):
    assert host.run("""
        import resource
        answer = raised(resource.getrlimit, 15)
        """) == ["ValueError", None, "invalid resource specified"]


def test_psutil_answers_from_the_sysctls(host):
    pytest.importorskip("psutil", reason="psutil is not a dependency of the toolkit")
    total, free = 2133282816, 489883 + 272
    if host.profile == "freebsd-15.0":
        total, free = 6421618688, 1438938 + 30
    assert host.run("""
        import psutil
        memory = psutil.virtual_memory()
        answer = [memory.total, memory.available, psutil.cpu_count(), psutil.FREEBSD]
        """) == [total, free * 4096, 2, True]


def test_a_python_subprocess_is_emulated_too(host):
    platform, names, released = host.run("""
        import json, subprocess
        code = "import json, os, sys, platform; " \\
            "print(json.dumps([sys.platform, os.listdir('/proc'), platform.release()]))"
        answer = json.loads(subprocess.check_output([sys.executable, "-c", code]))
        """)
    assert platform == "freebsd" + host.profile[8:10]
    assert names == []
    assert released.startswith(host.profile.split("-")[1])


def test_only_a_namespace_hides_proc_from_other_programs(host):
    seen = host.run("""
        import subprocess
        answer = subprocess.run("ls /proc /sys | grep -v :", shell=True,
                                stdout=subprocess.PIPE).stdout.decode().split()
        """)
    assert bool(seen) is (host.level == "Python level")


def test_the_host_of_this_test_is_untouched(host):
    host.run("answer = None")
    assert sys.platform.startswith("linux")
    assert subprocess.run(["ls", "/proc/self/stat"], capture_output=True).returncode == 0


def test_a_second_activation_is_the_first_and_another_profile_is_refused(host):
    other = "freebsd-14.5" if host.profile == "freebsd-13.1" else "freebsd-13.1"
    assert host.run(f"""
        same = activate(profile) is emulation
        answer = [same, raised(activate, load_profile({other!r}))]
        """) == [True, ["RuntimeError", None, "this process already is " + host.profile]]


def test_a_subprocess_that_ends_abruptly_leaves_nothing_behind(host, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    host.run("""
        import subprocess
        answer = subprocess.call([sys.executable, "-c", "import os; os._exit(0)"])
        """)
    assert [path.name for path in tmp_path.glob("freebsd-*")] == []


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_works(host, method):
    assert host.run(f"""
        import multiprocessing
        with multiprocessing.get_context({method!r}).Pool(2) as pool:
            answer = pool.map(abs, [1, -2])
        """) == [1, 2]


def test_asyncio_subprocesses_and_temporary_files_work(host):
    assert host.run("""
        import asyncio, shutil, tempfile
        async def talk():
            process = await asyncio.create_subprocess_exec(
                "echo", "hi", stdout=asyncio.subprocess.PIPE)
            return (await process.communicate())[0].decode()
        with tempfile.TemporaryFile() as stream, tempfile.TemporaryDirectory() as directory:
            stream.write(b"x")
            shutil.copy2("/etc/passwd", directory)
            answer = [asyncio.run(talk()), os.listdir(directory)]
        """) == ["hi\n", ["passwd"]]
