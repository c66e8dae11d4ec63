"""`pop -a` on what `make patch` made gives back every byte of the wheels."""

import hashlib
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

from proof import copy_distributions, require_environment

from freebsd_port.engine.core.apply.record import record_paths
from freebsd_port.openstack.store.python.wheels import require_wheels


def digest(path: Path) -> str:
    raw = hashlib.sha256(path.read_bytes()).digest()
    return "sha256=" + urlsafe_b64encode(raw).rstrip(b"=").decode()


def differing(root: Path, record: bytes) -> set[str]:
    listed = {
        path: expected
        for path, expected in record_paths(record).items()
        if expected and ".data/" not in path
    }
    return {
        path
        for path, expected in listed.items()
        if not (root / path).is_file() or digest(root / path) != expected
    }


def test_popping_everything_gives_back_every_byte_of_the_wheels(tmp_path):
    _, release, environment = require_environment()
    copy_distributions(environment, release, tmp_path)
    wheels = require_wheels(release.for_role("compute").pins)
    patched = set().union(*(differing(tmp_path, wheel.record()) for wheel in wheels))
    assert "nova/virt/libvirt/host.py" in patched

    done = subprocess.run(
        [sys.executable, "-m", "freebsd_port", "pop", "-a", "--venv", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert set().union(*(differing(tmp_path, wheel.record()) for wheel in wheels)) == set()
    assert not (tmp_path / ".freebsd-port").exists()
    for found in tmp_path.glob("*.dist-info"):
        assert (found / "RECORD").read_bytes() == (environment_record(environment, found))


def environment_record(environment, found: Path) -> bytes:
    """RECORD as pip wrote it: what the overlay kept, or the file itself where nothing changed."""
    from freebsd_port.engine.store.overlay.state import load_pristine, load_state

    entry = load_state(environment.packages).file(f"{found.name}/RECORD")
    if entry is None or entry.before is None:
        return (environment.packages / found.name / "RECORD").read_bytes()
    return load_pristine(environment.packages, entry.before)
