"""What nova asks libxl for, against libvirt's own schema. There is no Xen host to run it on."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

DOMAINS = Path(__file__).parent / "port/nova"


@pytest.mark.skipif(
    not shutil.which("virt-xml-validate"),
    reason="not installed; on Debian: apt-get install libvirt-clients",
)
@pytest.mark.parametrize("name", ["xen_hvm.xml", "xen_pvh.xml"])
def test_libvirts_schema_accepts_the_guests_of_xen(name: str, tmp_path: Path) -> None:
    words = ["virt-xml-validate", str(DOMAINS / name), "domain"]
    done = subprocess.run(words, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    broken = tmp_path / name
    broken.write_text((DOMAINS / name).read_text().replace('bus="xen"', 'bus="xenon"'))
    words[1] = str(broken)
    assert subprocess.run(words, capture_output=True, check=False).returncode != 0
