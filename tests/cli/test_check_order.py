"""`series check-order` on the command line."""

from __future__ import annotations

import pytest
from command_line import Run
from proof import require_environment
from small_overlay import snapshot
from small_project import GREET, LEAVE, NOVA_TEXT, PLATFORM, WHO, WHO_TEXT, SmallProject

from freebsd_port.openstack.ops.inspect.check_order import OrderRequest, check_order

LATER = "oslo.privsep/who-again.patch"
ORDER = ["series", "check-order", "--platform", PLATFORM]


def list_patches(project: SmallProject, *names: str) -> None:
    (project.root / "series").write_text("".join(f"{name}\n" for name in names), "utf-8")


def test_every_prefix_is_proved_whatever_is_on_and_nothing_is_written(
    run: Run, project: SmallProject
) -> None:
    good = f"3 prefixes of 3 good; imported on {PLATFORM}\n"
    for verb in ("status", "apply"):
        run(verb)
        before = snapshot(project.packages, with_state=True)
        said = run(*ORDER)
        assert (said.status, said.out) == (0, good)
        assert said.err == f"... importing the modules of 3 prefixes on {PLATFORM}\n"
        assert snapshot(project.packages, with_state=True) == before
    shown = run(*ORDER, "-v", "-v").out
    assert shown == f"   1 good {WHO}\n   2 good {GREET}\n   3 good {LEAVE}\n{good}"
    assert run(*ORDER, "-q").out == ""


def test_a_patch_before_the_one_it_needs_is_found_with_all_that_stands_on_it(
    run: Run, project: SmallProject
) -> None:
    list_patches(project, LEAVE, GREET, WHO)
    said = run(*ORDER)
    assert said.status == 1
    assert f"   1 fails {LEAVE}\n         does not apply: hunk 1 of 2 in {LEAVE}" in said.out
    assert said.out.endswith(
        "0 prefixes of 3 good, 1 failing to apply, 2 on a patch that does not apply; "
        f"imported on {PLATFORM}\n"
    )
    prefixes = run(*ORDER, "--json").json["prefixes"]
    assert [(one["good"], one["stands_on"]) for one in prefixes] == [
        (False, None),
        (False, LEAVE),
        (False, LEAVE),
    ]


def test_every_prefix_that_does_not_import_is_told_until_a_patch_mends_it(
    run: Run, project: SmallProject
) -> None:
    broken = WHO_TEXT.replace("'linux'\n", "'linux'\n\n\nNAME = nobody\n")
    project.save_patch(WHO, "oslo_privsep/who.py", WHO_TEXT, broken)
    project.save_patch(LATER, "oslo_privsep/who.py", broken, broken.replace("nobody", "'me'"))
    list_patches(project, WHO, GREET, LATER, LEAVE)
    said = run(*ORDER)
    error = (
        f"does not import: NameError: name 'nobody' is not defined "
        f"(PROJECT/.venvs/2026.2/oslo_privsep/who.py:5): oslo_privsep.who on {PLATFORM}"
    )
    assert (said.status, said.out) == (
        1,
        f"   1 fails {WHO}\n         {error}\n   2 fails {GREET}\n         still {error}\n"
        f"2 prefixes of 4 good, 2 failing to import; imported on {PLATFORM}\n",
    )
    problem = run(*ORDER, "--json").json["prefixes"][0]["problems"][0]
    assert (problem["stage"], problem["where"]) == ("import", f"oslo_privsep.who on {PLATFORM}")


def test_without_imports_each_prefix_is_compiled(run: Run, project: SmallProject) -> None:
    broken = NOVA_TEXT.replace("return 'hello ' + name", "return 'hello ' +")
    project.save_patch(GREET, "nova/greet.py", NOVA_TEXT, broken)
    list_patches(project, WHO, GREET)
    said = run("series", "check-order", "--no-import")
    assert said.status == 1
    assert "does not compile: invalid syntax (nova/greet.py:2): nova/greet.py\n" in said.out
    assert said.out.endswith("1 prefix of 2 good, 1 failing to compile; not imported\n")
    list_patches(project, WHO)
    assert run("series", "check-order", "--no-import", "--offline").status == 0


def test_what_could_not_be_proved_is_no_success(
    run: Run, project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = project.packages / "nova-1.0.dist-info"
    metadata.rename(project.packages / "nova-2.0.dist-info")
    text = (project.packages / "nova-2.0.dist-info/METADATA").read_text()
    (project.packages / "nova-2.0.dist-info/METADATA").write_text(
        text.replace("Version: 1.0", "Version: 2.0")
    )
    said = run(*ORDER)
    assert (said.status, said.out) == (1, "3 prefixes of 3 good; not imported\n")
    assert "error: the environment does not hold nova 1.0\n  where: 2.0 in PROJECT" in said.err
    project.packages.rename(project.root / "elsewhere")
    said = run("series", "check-order", "--json")
    assert (said.status, said.json["ok"], said.json["imported_on"]) == (1, False, [])
    (problem,) = said.json["problems"]
    assert problem["what"] == "no environment: no such file or directory"
    assert problem["hint"] == "freebsd-port venv --release 2026.2, or --no-import"


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--no-import"], "no such option '--no-import'"),
        (["check-orders"], "no verb 'check-orders', did you mean check-order?"),
        (
            ["check-order", "--no-import", "--platform", "linux"],
            "--no-import and --platform exclude each other",
        ),
    ],
)
def test_what_cannot_be_meant_is_said(run: Run, words: list[str], what: str) -> None:
    said = run("series", *words)
    assert (said.status, said.out) == (2, "")
    assert what in said.err


def test_a_hostile_module_does_not_reach_the_terminal(run: Run, project: SmallProject) -> None:
    evil = WHO_TEXT + "raise ValueError('\\x1b[31mred\\u202e')\n"
    project.save_patch(WHO, "oslo_privsep/who.py", WHO_TEXT, evil)
    list_patches(project, WHO)
    said = run(*ORDER)
    assert said.status == 1
    assert "ValueError: <^[>[31mred<U+202E> (" in said.out
    assert "\x1b" not in said.out


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_every_prefix_of_the_real_series_applies_and_imports() -> None:
    project, release, environment = require_environment()
    request = OrderRequest(release.name, frozenset(), environment.root, (), True, True)
    report = check_order(project, request, print)
    assert [prefix for prefix in report.prefixes if not prefix.is_good] == []
    assert report.is_proved
