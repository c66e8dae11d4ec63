"""What the rule about tests that not everybody can run flags, and what it must not."""

from __future__ import annotations

import pytest
from judged_patch import rules

TEST = "nova/tests/unit/test_host.py"
BODY = "def test_it(self):\n    self.check()\n"


@pytest.mark.parametrize(
    "line",
    [
        "open('/home/jdoe/image.raw')",
        "subprocess.run(['sudo', 'kldload', 'vmm'])",
        "requests.get('http://glance.mycloud.net/images')",
        "connect('rabbit://openstack:password@rabbitmq:5672/')",
        "connect('10.0.2.2')",
        "token = os.environ['OS_PASSWORD']",
    ],
)
def test_a_test_that_needs_what_a_stranger_lacks_is_flagged(line: str) -> None:
    new = BODY.replace("    self.check()", f"    {line}\n    self.check()")
    assert "test-for-strangers" in rules(BODY, new, TEST)


@pytest.mark.parametrize(
    "line",
    [
        "open(os.path.join(self.tmp, 'image.raw'))",
        "requests.get('http://glance.example.com/images')",
        "connect('http://127.0.0.1:9292')",
        "connect('192.0.2.1')",
        "mock.patch('nova.privsep.fs.sudo_free')",
        "# what an operator does with sudo is not asked for here",
        "self.assertRaises(Refused, self.host.pause)",
    ],
)
def test_a_test_for_everybody_is_not(line: str) -> None:
    new = BODY.replace("    self.check()", f"    {line}\n    self.check()")
    assert rules(BODY, new, TEST) == []
