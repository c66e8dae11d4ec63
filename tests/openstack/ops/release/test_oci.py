"""`export oci`: the same bytes each time, what skopeo reads, and what runs at its new place."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from command_line import Run, project, run
from small_project import SmallProject

from freebsd_port.openstack.core.release.oci_image import Contents, render_unit
from freebsd_port.openstack.store.python.installer import create_environment, require_interpreter

__all__ = ["project", "run"]

needs_skopeo = pytest.mark.skipif(
    not shutil.which("skopeo"), reason="not installed; on Debian: apt-get install skopeo"
)
PROGRAM = "#!{python}\nfrom nova import greet\nprint(greet.greet('nova'))\n"


@pytest.fixture
def venv(tmp_path: Path, project: SmallProject, run: Run) -> Path:
    """A virtual environment with the small project's packages, the series applied."""
    root = tmp_path / "venv"
    create_environment(root, require_interpreter(Path(sys.executable)))
    (packages,) = root.glob("lib/*/site-packages")
    for pin in project.pins:
        with zipfile.ZipFile(project.root / "files" / pin.wheel) as archive:
            archive.extractall(packages)
    program = root / "bin/nova-compute"
    program.write_text(PROGRAM.format(python=root / "bin/python"))
    program.chmod(0o755)
    assert run("apply", "--venv", root).status == 0
    return root


def blob(layout: Path, descriptor: dict[str, Any]) -> Path:
    return layout / "blobs/sha256" / descriptor["digest"].removeprefix("sha256:")


def read(layout: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give manifest and configuration of the only image."""
    (found,) = json.loads((layout / "index.json").read_text())["manifests"]
    manifest = json.loads(blob(layout, found).read_text())
    return manifest, json.loads(blob(layout, manifest["config"]).read_text())


def tree(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_the_same_environment_gives_the_same_bytes(run: Run, venv: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert run("export", "oci", "-o", one, "--venv", venv).status == 0
    subprocess.run([venv / "bin/python", "-c", "import nova.greet"], check=True)
    for path in venv.rglob("*.py"):
        os.utime(path, (1, 1))
    assert run("export", "oci", "-o", two, "--venv", venv).status == 0
    assert tree(one) == tree(two)
    assert run("export", "oci", "-o", two, "--venv", venv).status == 0
    assert tree(one) == tree(two)
    assert {path.name for path in tmp_path.iterdir()} >= {"one", "two"}
    assert not list(tmp_path.glob(".*.part"))


def test_the_image_says_what_it_is_of_and_has_one_layer(
    run: Run, venv: Path, tmp_path: Path
) -> None:
    layout = tmp_path / "image"
    run("export", "oci", "-o", layout, "--venv", venv)
    manifest, config = read(layout)
    (layer,) = manifest["layers"]
    assert config["rootfs"]["diff_ids"] == [layer["digest"]]
    settings = config["config"]
    assert settings["Entrypoint"] == ["/usr/local/nova/bin/nova-compute"]
    assert (settings["User"], settings["Cmd"][1]) == ("162:162", "/usr/local/etc/nova/nova.conf")
    labels = settings["Labels"]
    assert labels["org.freebsd-port.release"] == "2026.2"
    assert labels["org.freebsd-port.series"].startswith("sha256:")
    with tarfile.open(blob(layout, layer)) as archive:
        members = archive.getmembers()
    assert {(one.uid, one.gid, one.mtime) for one in members} == {(0, 0, 0)}
    names = [one.name for one in members]
    assert names[:3] == ["usr", "usr/local", "usr/local/nova"]
    assert len(names) == len(set(names))
    assert not [name for name in names if name.endswith(".pyc") or "verified.json" in name]


def test_the_programs_run_at_their_new_place_and_the_overlay_is_whole_there(
    run: Run, venv: Path, tmp_path: Path
) -> None:
    layout, place = tmp_path / "image", tmp_path / "root"
    python = os.path.realpath(sys.executable)
    run("export", "oci", "-o", layout, "--venv", venv, "--python", python)
    with tarfile.open(blob(layout, read(layout)[0]["layers"][0])) as archive:
        archive.extractall(place, filter="fully_trusted")
    nova = place / "usr/local/nova"
    assert (nova / "bin/nova-compute").read_text().startswith("#!/usr/local/nova/bin/python\n")
    assert os.readlink(nova / "bin/python") == python
    texts = [p.read_bytes() for p in (nova / "bin").iterdir() if not p.is_symlink()]
    assert not [text for text in texts if os.fsencode(venv) in text]
    done = subprocess.run(
        [nova / "bin/python", nova / "bin/nova-compute"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "HELLO NOVA\n"
    status = json.loads(run("status", "--venv", nova, "--json").out)
    assert status["complete"] is True


@needs_skopeo
def test_skopeo_reads_and_copies_the_image(run: Run, venv: Path, tmp_path: Path) -> None:
    layout = tmp_path / "image"
    run("export", "oci", "-o", layout, "--venv", venv)
    words = ["skopeo", "inspect", f"oci:{layout}:2026.2"]
    found = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    assert found["Labels"]["org.opencontainers.image.title"] == "nova-compute"
    assert len(found["Layers"]) == 1
    copy = ["skopeo", "--insecure-policy", "copy", "-q", f"oci:{layout}:2026.2"]
    subprocess.run([*copy, f"oci:{tmp_path}/copy:x"], check=True)
    assert read(tmp_path / "copy")[1] == read(layout)[1]


@needs_skopeo
def test_a_base_goes_below_and_a_layout_of_something_else_is_refused(
    run: Run, venv: Path, tmp_path: Path
) -> None:
    base, layout = tmp_path / "base", tmp_path / "image"
    run("export", "oci", "-o", base, "--venv", venv, "--python", "/other/python")
    said = run("export", "oci", "-o", layout, "--venv", venv, "--base", base)
    assert said.status == 0
    manifest, config = read(layout)
    assert manifest["layers"][0] == read(base)[0]["layers"][0]
    assert config["rootfs"]["diff_ids"] == [one["digest"] for one in manifest["layers"]]
    words = ["skopeo", "inspect", f"oci:{layout}"]
    found = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    assert len(found["Layers"]) == 2
    (base / "index.json").write_text("{}")
    said = run("export", "oci", "-o", tmp_path / "no", "--venv", venv, "--base", base)
    assert (said.status, said.err.splitlines()[0]) == (
        1,
        "error: no OCI image layout with one image",
    )
    assert not (tmp_path / "no").exists()
    assert not list(tmp_path.glob(".*.part"))


def test_what_must_not_become_an_image_is_refused(
    run: Run, venv: Path, tmp_path: Path, project: SmallProject
) -> None:
    words = ("export", "oci", "-o", tmp_path / "image")
    assert "needs an environment with its own Python" in run(*words).err
    (tmp_path / "full").mkdir()
    (tmp_path / "full/precious").touch()
    said = run("export", "oci", "-o", tmp_path / "full", "--venv", venv)
    assert said.err.startswith("error: something that is not an OCI image layout is in the way")
    (venv / "bin/out").symlink_to(tmp_path / "full/precious")
    assert "leads out of it" in run(*words, "--venv", venv).err
    (venv / "bin/out").unlink()
    run("pop", "--venv", venv)
    said = run(*words, "--venv", venv)
    assert "the environment is not as the series leaves it" in said.err
    assert said.err.endswith("try:   freebsd-port apply\n")
    assert not (tmp_path / "image").exists()
    assert run("export", "diff", "--base", tmp_path).status == 2


PODMAN = """#!/bin/sh
echo "$@" >> {log}
case "$1" in
run) touch {up} ;;
stop) rm {up} ;;
container) if [ -e {up} ]; then echo true; else echo false; fi ;;
esac
"""


def contents(system: str) -> Contents:
    return Contents("2026.2", "34.0.0", "0" * 64, (), system, "x86_64")


def test_the_rc_script_starts_reports_and_stops_the_container(tmp_path: Path) -> None:
    name, text = render_unit(contents("FreeBSD"))
    assert name == "nova_compute_container"
    log, up, podman = tmp_path / "log", tmp_path / "up", tmp_path / "podman"
    podman.write_text(PODMAN.format(log=log, up=up))
    podman.chmod(0o755)
    rc = Path(__file__).parents[3] / "helpers/freebsd_rc/rc.subr"
    script = tmp_path / name
    changed = text.decode().replace("/usr/local/bin/podman", str(podman))
    changed = changed.replace("/etc/rc.subr", str(rc)).replace("/usr/local/etc/nova", str(tmp_path))
    script.write_text(changed)
    for file in ("nova.conf", "nova-compute.conf"):
        (tmp_path / file).touch()

    def call(verb: str) -> tuple[int, str]:
        done = subprocess.run(["sh", script, verb], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.strip().splitlines()[-1] if done.stdout else ""

    assert call("onestatus") == (1, "nova_compute_container is not running.")
    assert call("onestart")[0] == 0
    assert call("onestatus") == (0, "nova_compute_container is running.")
    assert call("onestart") == (0, "nova_compute_container is running already.")
    assert call("onestop")[0] == 0
    assert call("onestatus")[0] == 1
    assert call("onestop")[0] != 0
    started = [line for line in log.read_text().splitlines() if line.startswith("run ")]
    assert len(started) == 1
    assert started[0].endswith("localhost/freebsd-port/nova-compute:2026.2")


def test_the_quadlet_runs_the_image_with_what_nova_needs_of_the_host() -> None:
    import configparser

    name, text = render_unit(contents("Linux"))
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string(text.decode())
    assert name == "nova-compute.container"
    assert parser.sections() == ["Unit", "Container", "Service", "Install"]
    assert parser["Container"]["Image"] == "localhost/freebsd-port/nova-compute:2026.2"
    assert b"Volume=/run/libvirt:/run/libvirt\n" in text
