"""Making the environment of a release, with small wheels and no index."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from made_wheel import add_network_role, make_pins, make_wheel, save_release

from freebsd_port.openstack.core.release.release import Release
from freebsd_port.openstack.ops.release.venv import (
    VenvError,
    choose_interpreter,
    make_environment,
)
from freebsd_port.openstack.store.project.project import Project
from freebsd_port.openstack.store.python.environment import (
    find_installed,
    find_mark,
    read_environment,
)
from freebsd_port.openstack.store.python.installer import InstallerError, InterpreterError


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with one release of small wheels, and a pip that knows only those."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    save_release(tmp_path, "2026.2", make_pins(tmp_path / "index"))
    return Project(tmp_path)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment made once, from the same wheels as every project here."""
    root = tmp_path_factory.mktemp("template")
    save_release(root, "2026.2", make_pins(root / "index"))
    project = Project(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_CONFIG_FILE", os.devnull)
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(root / "index"))
        result = make_environment(project, project.load_release(), root / "environment")
    return result.environment.root


@pytest.fixture
def made(project: Project, template: Path) -> Path:
    """A finished environment of the project's release, where it is by default."""
    root = project.environment("2026.2")
    shutil.copytree(template, root, symlinks=True)
    return root


def versions(packages: Path, *names: str) -> list[str]:
    return [one.version for one in find_installed(packages, names).values()]


class Counted:
    """A report that counts the steps of each task: label to steps wanted and steps done."""

    def __init__(self) -> None:
        self.tasks: dict[str, list[int | None]] = {}
        self._open: list[str] = []

    def __call__(self, message: str, /) -> None:
        pass

    def begin(self, label: str, total: int | None) -> None:
        self.tasks[label] = [total, 0]
        self._open.append(label)

    def advance(self, steps: int = 1) -> None:
        task = self.tasks[self._open[-1]]
        task[1] = (task[1] or 0) + steps

    def end(self) -> None:
        self._open.pop()


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    """Inode and time of change of every file: what a no-op must leave alone."""
    return {str(path): (path.lstat().st_ino, path.lstat().st_ctime_ns) for path in root.rglob("*")}


def test_an_environment_holds_the_locked_packages_and_a_second_call_changes_nothing(
    project: Project,
) -> None:
    release, root = project.load_release(), project.environment("2026.2")
    report = Counted()
    made = make_environment(project, release, root, installer="pip", progress=report)
    assert made.outcome == "made"
    assert versions(made.environment.packages, "nova", "oslo.rootwrap") == ["1.0", "1.0"]
    assert made.environment.python is not None
    subprocess.run([made.environment.python, "-c", "import nova, oslo_messaging"], check=True)
    assert report.tasks["fetching packages"] == [4, 4]
    before = snapshot(root)
    kept = make_environment(project, release, root, progress=report)
    assert (kept.outcome, kept.environment) == ("kept", made.environment)
    assert snapshot(root) == before


def test_what_the_systems_python_has_is_not_installed_again_where_the_environment_may_see_it(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's packages stand for the system's: the same switch of virtualenv shows both."""
    pin = make_wheel(tmp_path / "index", "compiled")
    lock = project.requirements("2026.2")
    lock.write_text(f"{lock.read_text()}compiled==1.0 --hash=sha256:{pin.sha256}\n")
    monkeypatch.setenv("PYTHONUSERBASE", str(tmp_path / "system"))
    python = choose_interpreter(project.load_release())
    short = ".".join(python.version.split(".")[:2])
    packages = tmp_path / f"system/lib/python{short}/site-packages"
    shutil.unpack_archive(tmp_path / "index" / pin.wheel, packages, "zip")
    found = {}
    for seen in ("no", "yes"):
        monkeypatch.setenv("VIRTUALENV_SYSTEM_SITE_PACKAGES", seen)
        made = make_environment(project, project.load_release(), tmp_path / seen)
        found[seen] = (made.environment.packages / "compiled").exists()
        assert made.environment.python is not None
        subprocess.run([made.environment.python, "-c", "import compiled, nova"], check=True)
    assert found == {"no": True, "yes": False}


def test_a_changed_lock_exchanges_packages_and_keeps_what_is_beside_them(
    project: Project, made: Path, tmp_path: Path
) -> None:
    packages = read_environment(made).packages
    (packages / "libvirt.py").write_text("")
    save_release(tmp_path, "2026.2", make_pins(tmp_path / "index", "2.0"))
    assert make_environment(project, project.load_release(), made).outcome == "updated"
    assert versions(packages, "nova", "oslo.privsep") == ["2.0", "2.0"]
    assert (packages / "libvirt.py").exists()


def test_a_half_made_environment_is_noticed_and_made_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, root = project.load_release(), project.environment("2026.2")
    with monkeypatch.context() as broken:
        broken.setenv("PIP_FIND_LINKS", os.devnull)
        with pytest.raises(InstallerError, match="pip could not install the requirements"):
            make_environment(project, release, root, installer="pip")
    mark = find_mark(root)
    assert mark is not None
    assert mark.state == "unfinished"
    (root / "rubbish").write_text("")
    result = make_environment(project, release, root)
    assert result.outcome == "made"
    assert versions(result.environment.packages, "nova") == ["1.0"]
    assert not (root / "rubbish").exists()


def test_a_package_that_is_not_the_pinned_one_is_put_right(project: Project, made: Path) -> None:
    make_wheel(project.root / "index", "nova", "9.0")
    packages = read_environment(made).packages
    pip = [str(made / "bin" / "python"), "-m", "pip", "install", "-q", "nova==9.0"]
    subprocess.run(pip, check=True, capture_output=True)
    assert versions(packages, "nova") == ["9.0"]
    assert make_environment(project, project.load_release(), made).outcome == "updated"
    assert versions(packages, "nova") == ["1.0"]


def test_packages_that_do_not_agree_leave_the_environment_unfinished(
    project: Project, tmp_path: Path
) -> None:
    pins = make_pins(tmp_path / "index")
    other = make_wheel(tmp_path / "index", "needy", requires=["absent>=2"])
    save_release(tmp_path, "2026.2", pins, others=[other])
    root = project.environment("2026.2")
    with pytest.raises(InstallerError, match=r"needy 1\.0 requires absent"):
        make_environment(project, project.load_release(), root)
    mark = find_mark(root)
    assert mark is not None
    assert mark.state == "unfinished"


def test_a_wheel_with_another_hash_is_refused(project: Project) -> None:
    for path in (project.root / "index").glob("nova-*"):
        path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(InstallerError, match=r"nova 1.0 has sha256 .* which is pinned"):
        make_environment(project, project.load_release(), project.environment("2026.2"))


def test_a_directory_that_is_not_ours_is_never_touched(project: Project, tmp_path: Path) -> None:
    root = tmp_path / "documents"
    root.mkdir()
    (root / "letter").write_text("dear")
    with pytest.raises(VenvError, match="in the way") as caught:
        make_environment(project, project.load_release(), root)
    assert caught.value.where == str(root)
    assert [path.name for path in root.iterdir()] == ["letter"]


def test_the_environment_of_another_release_is_not_turned_into_this_one(
    project: Project, made: Path, tmp_path: Path
) -> None:
    save_release(tmp_path, "2027.1", make_pins(tmp_path / "index"))
    with pytest.raises(VenvError, match=r"for release 2026\.2, not 2027\.1"):
        make_environment(project, project.load_release("2027.1"), made)


def test_a_release_without_a_lock_says_how_to_make_one(project: Project) -> None:
    project.requirements("2026.2").unlink()
    with pytest.raises(VenvError, match="no locked requirements") as caught:
        make_environment(project, project.load_release(), project.environment("2026.2"))
    assert caught.value.hint == "freebsd-port lock --release 2026.2"


def test_a_range_that_no_python_here_is_in_leaves_nothing_behind(
    project: Project, tmp_path: Path
) -> None:
    save_release(tmp_path, "2026.2", make_pins(tmp_path / "index"), python=">=3.98,<3.99")
    root = project.environment("2026.2")
    with pytest.raises(VenvError, match=r"2026\.2 needs Python >=3\.98,<3\.99, and none was found"):
        make_environment(project, project.load_release(), root)
    assert not root.exists()


def test_a_named_python_out_of_the_range_is_refused() -> None:
    release = Release("xena", "Xena", "<3.10", ())
    with pytest.raises(VenvError, match=r"xena needs Python <3\.10, and this is 3\.") as caught:
        choose_interpreter(release, sys.executable)
    assert caught.value.where == sys.executable
    with pytest.raises(InterpreterError, match="no command python-of-nowhere"):
        choose_interpreter(release, "python-of-nowhere")


def test_another_python_for_a_made_environment_is_refused_and_the_same_is_not(
    project: Project, made: Path, tmp_path: Path
) -> None:
    release = project.load_release()
    assert make_environment(project, release, made, python=sys.executable).outcome == "kept"
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\necho 3.99.0\n")
    other.chmod(0o755)
    with pytest.raises(VenvError, match=r"not 3\.99\.0"):
        make_environment(project, release, made, python=str(other))


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The uv of these tests, found in PATH; its cache is empty."""
    own = Path(sys.executable).with_name("uv")
    program = str(own) if own.exists() else shutil.which("uv")
    if program is None:
        pytest.skip("uv is not installed here; it has wheels for Linux and macOS")
    directory = tmp_path / "with-uv"
    directory.mkdir()
    (directory / "uv").symlink_to(program)
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    return directory / "uv"


OWN_NOTES = {"INSTALLER", "uv_build.json", "uv_cache.json", ".lock"}
"""What the programs write about themselves and their caches."""


def read_files(root: Path) -> dict[str, tuple[bytes, int]]:
    """Content and mode of every file but the commands in bin/, by path."""
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mode)
        for path in root.rglob("*")
        if path.is_file() and path.parent.name != "bin" and "__pycache__" not in path.parts
    }


def read_rows(files: dict[str, tuple[bytes, int]]) -> dict[str, set[str]]:
    """The rows of each RECORD, whose order differs, without those of bin/ and of the notes."""
    return {
        path: {
            row
            for row in content.decode().splitlines()
            if "/bin/" not in row and Path(row.partition(",")[0]).name not in OWN_NOTES
        }
        for path, (content, _) in files.items()
        if path.endswith(".dist-info/RECORD")
    }


def test_uv_installs_the_same_bytes_as_pip_from_the_indexes_of_pip(
    project: Project, tmp_path: Path, uv: Path
) -> None:
    files = {
        "tool/__init__.py": b"def main(): print('tool')\n",
        "tool/data.bin": bytes(range(256)),
        "tool-1.0.dist-info/entry_points.txt": b"[console_scripts]\ntool = tool:main\n",
        "tool-1.0.data/data/share/tool/page.txt": b"page\n",
    }
    pin = make_wheel(tmp_path / "index", "tool", files=files)
    lock = project.requirements("2026.2")
    lock.write_text(f"{lock.read_text()}tool==1.0 --hash=sha256:{pin.sha256}\n")
    place, found, said = tmp_path / "environment", {}, {}
    for installer in ("pip", None):
        told: list[str] = []
        make_environment(
            project, project.load_release(), place, installer=installer, progress=told.append
        )
        assert f"{installer or 'uv'} installs 5 packages" in told
        found[installer] = read_files(place)
        command = [place / "bin" / "tool"]
        said[installer] = subprocess.run(command, capture_output=True, check=True).stdout
        shutil.rmtree(place)
    by_pip, by_uv = found["pip"], found[None]
    assert said["pip"] == said[None] == b"tool\n"
    assert read_rows(by_pip) == read_rows(by_uv)
    kept = [
        {
            path: what
            for path, what in files.items()
            if Path(path).name not in OWN_NOTES | {"RECORD"}
        }
        for files in (by_pip, by_uv)
    ]
    assert kept[0] == kept[1]
    assert any(path.endswith("tool/data.bin") for path in kept[0])


def test_pip_installs_where_there_is_no_uv(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "freebsd_port.openstack.store.python.installer.shutil.which", lambda name: None
    )
    told: list[str] = []
    root = project.environment("2026.2")
    make_environment(project, project.load_release(), root, progress=told.append)
    assert "pip installs 4 packages" in told


def test_uv_is_refused_where_there_is_none(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(InstallerError, match="no command uv"):
        make_environment(
            project, project.load_release(), project.environment("2026.2"), installer="uv"
        )
    assert not project.environment("2026.2").exists()


def add_role(project: Project) -> None:
    """Give the release the role network, with one more distribution."""
    directory = project.release_directory("2026.2")
    pin = make_wheel(project.root / "index", "neutron")
    add_network_role(directory, pin)
    own = project.requirements("2026.2").read_text()
    (line,) = [
        f"{one.replace(chr(92), '').strip()} {hashes.strip()}\n"
        for one, hashes in zip(own.splitlines()[::2], own.splitlines()[1::2], strict=True)
        if one.startswith("oslo.privsep")
    ]
    lock = project.requirements("2026.2", "network")
    lock.write_text(f"{line}neutron==1.0 --hash=sha256:{pin.sha256}\n")


def test_a_role_gets_its_own_packages_in_its_own_place_and_is_remembered(project: Project) -> None:
    add_role(project)
    release, root = project.load_release(), project.environment("2026.2", "network")
    made = make_environment(project, release, root, role="network")
    assert (made.outcome, made.release.role) == ("made", "network")
    installed = find_installed(made.environment.packages, ["oslo.privsep", "neutron", "nova"])
    assert sorted(installed) == ["neutron", "oslo.privsep"]
    mark = find_mark(root)
    assert mark is not None
    assert mark.role == "network"
    assert make_environment(project, release, root, role="network").outcome == "kept"
    with pytest.raises(VenvError, match="is for the role network, not compute") as caught:
        make_environment(project, release, root)
    assert caught.value.hint == "--role network, or another place with VENV= or --venv"


def test_an_environment_from_before_there_were_roles_is_one_for_compute(
    project: Project, made: Path
) -> None:
    mark = made / ".freebsd-port.json"
    mark.write_text(re.sub(r',\s*"role": "compute"', "", mark.read_text()))
    assert "role" not in mark.read_text()
    assert make_environment(project, project.load_release(), made).outcome == "kept"


def test_a_role_without_a_lock_says_how_to_make_it(project: Project) -> None:
    add_role(project)
    project.requirements("2026.2", "network").unlink()
    with pytest.raises(VenvError, match="role network, has no locked requirements") as caught:
        make_environment(project, project.load_release(), project.root / "new", role="network")
    assert caught.value.hint == "freebsd-port lock --release 2026.2 --role network"
