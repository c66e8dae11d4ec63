"""Reading requirements.in and requirements.txt."""

from __future__ import annotations

import pytest

from freebsd_port.openstack.core.release.requirements import (
    Locked,
    RequirementError,
    locked_by_name,
    parse_locked,
    parse_wanted,
    without_locked,
)

A, B = "a" * 64, "b" * 64


def test_a_lock_is_read_with_every_hash_and_no_comment() -> None:
    data = f"""\
# a header with nova==1 in it
nova==34.0.0 \\
    --hash=sha256:{A} \\
    --hash=sha256:{B}
    # via -r requirements.in

oslo.config==10.0 --hash=sha256:{B}  # via nova
""".encode()
    assert parse_locked(data, "requirements.txt") == (
        Locked("nova", "34.0.0", (A, B)),
        Locked("oslo.config", "10.0", (B,)),
    )


@pytest.mark.parametrize(
    "line",
    [
        "nova>=34.0.0 --hash=sha256:" + A,
        "nova==34.0.0",
        "nova==34.0.0 --hash=sha256:abc",
        "nova==34.0.0 --hash=md5:" + A,
        "--index-url https://example.org/simple",
    ],
)
def test_what_is_not_a_version_with_hashes_is_refused_with_its_line(line: str) -> None:
    data = f"first==1 \\\n    --hash=sha256:{A}\n\n{line}\n".encode()
    with pytest.raises(RequirementError, match="not a version with its hashes") as caught:
        parse_locked(data, "requirements.txt")
    assert caught.value.where == "requirements.txt:4"


def test_wanted_requirements_leave_out_options_and_comments() -> None:
    data = b"-c upper-constraints.txt\n\nnova==34.0.0\n# why\nsetuptools < 81  # old\n"
    assert parse_wanted(data, "requirements.in") == ("nova==34.0.0", "setuptools<81")


def test_a_line_that_is_no_requirement_is_refused_with_its_number() -> None:
    with pytest.raises(RequirementError) as caught:
        parse_wanted(b"nova==34.0.0\nthe latest nova\n", "requirements.in")
    assert caught.value.where == "requirements.in:2"


def test_a_lock_is_indexed_by_normalised_name() -> None:
    one = Locked("Oslo_Config", "1", (A,))
    assert locked_by_name((one,)) == {"oslo-config": one}


def test_a_distribution_is_left_out_with_its_hashes_and_comments() -> None:
    header, nova, oslo = (
        b"# nova==1 stands in a comment\n",
        f"nova==34.0.0 ; python_version < '4' \\\n    --hash=sha256:{A}\n    # via x\n".encode(),
        f"oslo-config==10.0 \\\n    --hash=sha256:{B}\n".encode(),
    )
    assert without_locked(header + nova + oslo, {"nova"}) == header + oslo
    assert without_locked(header + nova + oslo, {"oslo-config"}) == header + nova
    assert without_locked(header + nova + oslo, ()) == header + nova + oslo
