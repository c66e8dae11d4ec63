from __future__ import annotations

GONE = ["/proc/self", "/proc/meminfo", "/proc/self/fd", "/proc/1/stat", "/sys", "/sys/class/net"]
GONE += ["/dev/shm", "/dev/shm/x", "/dev/fd/3", "//proc//self", "/tmp/../proc/self"]
CALLS = [
    "open({!r})",
    "__import__('io').open({!r})",
    "os.open({!r}, os.O_RDONLY)",
    "os.open(path={!r}, flags=os.O_RDONLY)",
    "os.stat({!r})",
    "os.lstat({!r})",
    "os.listdir({!r})",
    "os.scandir({!r})",
    "os.readlink({!r})",
    "os.chdir({!r})",
    "os.stat(os.fsencode({!r}))",
    "__import__('pathlib').Path({!r}).stat()",
    "__import__('pathlib').Path({!r}).read_bytes()",
    "list(__import__('pathlib').Path({!r}).iterdir())",
]
QUESTIONS = [
    "os.path.exists({!r})",
    "os.path.lexists({!r})",
    "os.path.isdir({!r})",
    "os.access({!r}, os.F_OK)",
    "__import__('pathlib').Path({!r}).exists()",
]


def test_every_call_on_a_hidden_path_raises_file_not_found(host):
    calls = [call.format(path) for path in GONE for call in CALLS]
    wrong = host.run(f"""
        answer = []
        for call in {calls!r}:
            error = raised(eval, call)
            if error is None or error[:2] != ["FileNotFoundError", "ENOENT"]:
                answer.append([call, error])
        """)
    assert wrong == []


def test_a_hidden_path_does_not_exist_for_any_question(host):
    tests = [test.format(path) for path in GONE for test in QUESTIONS]
    assert host.run(f"answer = [test for test in {tests!r} if eval(test)]") == []


def test_proc_is_an_empty_directory(host):
    assert host.run("""
        import glob, pathlib
        answer = [os.path.isdir("/proc"), os.listdir("/proc"), list(os.scandir(b"/proc")),
                  glob.glob("/proc/*"), list(pathlib.Path("/proc").iterdir()),
                  [entry[1:] for entry in os.walk("/proc")]]
        """) == [True, [], [], [], [], [[[], []]]]


def test_dev_fd_lists_three_descriptors_with_more_open(host):
    assert host.run("""
        opened = [os.open("/dev/null", os.O_RDONLY) for _ in range(3)]
        answer = [sorted(os.listdir("/dev/fd")), os.path.exists("/dev/fd/%d" % opened[0])]
        """) == [["0", "1", "2"], False]


def test_dev_fd_zero_opens_descriptor_zero(host):
    assert (
        host.run("""
        reader, writer = os.pipe()
        os.dup2(reader, 0)
        os.write(writer, b"through zero")
        os.close(writer)
        answer = open("/dev/fd/0").read()
        """)
        == "through zero"
    )


def test_a_relative_path_into_proc_is_hidden(host):
    assert host.run("""
        os.chdir("/")
        answer = [os.path.exists("proc/self"), os.path.exists("./proc/self"),
                  os.path.exists("tmp/../proc/self"), os.path.isdir("tmp")]
        """) == [False, False, False, True]


def test_an_absolute_path_is_hidden_beside_a_dir_fd_too(host):
    assert host.run("""
        directory = os.open("/tmp", os.O_RDONLY)
        answer = raised(os.stat, "/proc/self", dir_fd=directory)[:2]
        """) == ["FileNotFoundError", "ENOENT"]


def test_other_files_work_as_before(host, tmp_path):
    assert host.run(f"""
        import pathlib, shutil
        root = pathlib.Path({str(tmp_path)!r}) / "tree"
        (root / "proc").mkdir(parents=True)
        (root / "proc" / "a").write_text("text")
        shutil.copytree(str(root), str(root) + "2")
        shutil.rmtree(str(root))
        os.rename(str(root) + "2", str(root))
        os.symlink("/proc/self", str(root / "link"))
        answer = [(root / "proc" / "a").read_text(), os.readlink(str(root / "link")),
                  os.stat in os.supports_dir_fd, os.stat.__name__]
        """) == ["text", "/proc/self", True, "stat"]


def test_unlink_of_a_directory_gives_eperm(host, tmp_path):
    own = str(tmp_path / "own")  # where the user may write: elsewhere FreeBSD says EACCES too
    assert (
        host.run(f"""
        import pathlib
        os.mkdir({own!r})
        answer = [raised(os.unlink, {own!r})[:2], raised(pathlib.Path({own!r}).unlink)[:2]]
        """)
        == [["PermissionError", "EPERM"]] * 2
    )


def test_a_symbolic_link_opened_with_nofollow_gives_emlink(host, tmp_path):
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert host.run(f"""
        answer = raised(os.open, {str(tmp_path / "link")!r}, os.O_RDONLY | os.O_NOFOLLOW)[:2]
        """) == ["OSError", "EMLINK"]


def test_the_process_leaves_no_directory_behind(host, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    names = host.run(f"""
        answer = [n for n in os.listdir({str(tmp_path)!r}) if n.startswith("freebsd-")]
        """)
    assert len(names) == 1
    assert not (tmp_path / names[0]).exists()
