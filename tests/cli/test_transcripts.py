"""Every verb on a small project: what it prints where, and its exit status."""

from __future__ import annotations

import pytest
from command_line import Run, Said
from small_project import GREET, LEAVE, NAMES, PLATFORM, WHO, SmallProject

from freebsd_port.engine.store.judge.programs import find_judge

JUDGED = f"computed once more by {find_judge().name}\n"
ALL_ON = """\
push    oslo.privsep/who-am-i.patch
push    nova/greet-loudly.patch
push    nova/leave-politely.patch
now 3 patches applied, up to nova/leave-politely.patch, 4 files written
"""


def test_apply_puts_all_on_and_then_has_nothing_to_do(run: Run) -> None:
    assert run("apply") == Said(0, ALL_ON, "")
    assert run("apply") == Said(0, f"nothing to do: 3 patches applied, up to {LEAVE}\n", "")


def test_a_dry_run_shows_the_plan_and_writes_nothing(run: Run, project: SmallProject) -> None:
    before = {path: path.read_bytes() for path in project.packages.rglob("*.*") if path.is_file()}
    assert run("apply", "-n") == Said(
        0,
        "would push    oslo.privsep/who-am-i.patch\n"
        "would push    nova/greet-loudly.patch\n"
        "would push    nova/leave-politely.patch\n"
        "would be 3 patches applied, up to nova/leave-politely.patch, 4 files written\n",
        "",
    )
    after = {path: path.read_bytes() for path in project.packages.rglob("*.*") if path.is_file()}
    assert after == before


def test_verbose_shows_every_hunk_and_file(run: Run) -> None:
    run("push")
    assert run("push", "-a", "-v").out == (
        "keep    oslo.privsep/who-am-i.patch\n"
        "    oslo_privsep/who.py:1 hunk 1 of 1 exact\n"
        "push    nova/greet-loudly.patch\n"
        "    nova/greet.py:1 hunk 1 of 1 exact\n"
        "push    nova/leave-politely.patch\n"
        "    nova/greet.py:1 hunk 1 of 2 exact\n"
        "    nova/greet.py:20 hunk 2 of 2 exact\n"
        "  wrote nova-1.0.dist-info/RECORD\n"
        "  wrote nova/greet.py\n"
        "now 3 patches applied, up to nova/leave-politely.patch, 2 files written\n"
    )


def test_quiet_prints_nothing_when_all_is_well(run: Run) -> None:
    for verb in ("apply", "status", "pop", "push"):
        assert run(verb, "-q") == Said(0, "", "")


def test_push_and_pop_go_as_far_as_they_are_told(run: Run) -> None:
    assert run("push", GREET).out == (
        "push    oslo.privsep/who-am-i.patch\n"
        "push    nova/greet-loudly.patch\n"
        "now 2 patches applied, up to nova/greet-loudly.patch, 4 files written\n"
    )
    assert run("push", "5").out == (
        "push    nova/leave-politely.patch\n"
        "now 3 patches applied, up to nova/leave-politely.patch, 2 files written\n"
    )
    assert run("pop", "who-am-i").out == (
        "pop     nova/leave-politely.patch\n"
        "pop     nova/greet-loudly.patch\n"
        "now 1 patch applied, up to oslo.privsep/who-am-i.patch, 2 files written\n"
    )
    assert run("pop").out == (
        "pop     oslo.privsep/who-am-i.patch\nnow no patch is applied, 2 files written\n"
    )


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("pop",), "error: nothing to pop: no patch is applied\n  try:   freebsd-port push\n"),
        (("pop", WHO), "error: nothing to pop: no patch is applied\n  try:   freebsd-port push\n"),
        (("push", "0"), "error: the number of patches must be at least 1\n"),
        (("push", "-a", "2"), "error: NUMBER or PATCH and -a exclude each other\n"),
        (
            ("push", "--fuzz", "4"),
            "error: invalid value for '-F' / '--fuzz': 4 is not in the range 0<=x<=3\n"
            "  try:   freebsd-port push --help\n",
        ),
        (
            ("apply", "--dry-run", "--verify"),
            "error: --verify needs an environment, and excludes --dry-run\n"
            "  try:   freebsd-port apply --help\n",
        ),
        (
            ("status", "--release", "2031.1"),
            "error: no release '2031.1'\n"
            "  where: PROJECT/releases\n"
            "  try:   choose one of 2026.2\n",
        ),
        (
            ("apply", "--tree", "/"),
            "error: --tree needs --series FILE or --patches DIR\n",
        ),
    ],
)
def test_a_command_line_that_cannot_be_meant_exits_with_2(
    run: Run, words: tuple[str, ...], error: str
) -> None:
    assert run(*words) == Said(2, "", error)


def test_push_says_when_all_are_on(run: Run) -> None:
    run("apply")
    assert run("push") == Said(
        2, "", f"error: nothing to push: the series ends at {LEAVE}, which is applied\n"
    )
    assert run("push", WHO).status == 2
    assert run("pop", LEAVE) == Said(
        2, "", f"error: {LEAVE} is on top already\n  try:   freebsd-port status\n"
    )


def test_a_patch_that_the_series_does_not_have_is_named(run: Run) -> None:
    assert run("push", "nope") == Said(
        1, "", "error: no patch in the series is named nope\n  try:   freebsd-port series\n"
    )


def test_every_failing_hunk_of_every_patch_is_reported_and_nothing_written(
    run: Run, project: SmallProject
) -> None:
    for name in (WHO, LEAVE):
        patch = project.patch(name)
        patch.write_bytes(patch.read_bytes().replace(b" def ", b" deaf "))
    before = (project.packages / "nova/greet.py").read_bytes()
    said = run("apply")
    assert said == Said(
        1,
        "",
        f"error: hunk 1 of 1 in {WHO} does not fit\n"
        "  where: oslo_privsep/who.py, patch line 11; best partial match at 1 (1 of 2 lines)\n"
        f"error: hunk 1 of 2 in {LEAVE} does not fit\n"
        "  where: nova/greet.py, patch line 11; best partial match at 1 (3 of 4 lines)\n"
        f"error: hunk 2 of 2 in {LEAVE} does not fit\n"
        "  where: nova/greet.py, patch line 17; best partial match at 19 (3 of 4 lines)\n"
        "error: the series was not rebased onto release 2026.2 yet\n"
        "  where: releases/2026.2 has no series.lock\n"
        "  try:   edit the patches that do not fit, then: "
        "freebsd-port series lock --release 2026.2\n",
    )
    assert (project.packages / "nova/greet.py").read_bytes() == before
    assert run("status").out.endswith("0 of 3 patches applied; nothing to verify\n")


def test_status_tells_what_is_on_and_what_was_edited(run: Run, project: SmallProject) -> None:
    run("push", "2")
    (project.packages / "nova/greet.py").write_text("mine\n")
    assert run("status") == Said(
        0,
        "release 2026.2 in PROJECT/.venvs/2026.2\n"
        "  applied   oslo.privsep/who-am-i.patch\n"
        "  applied   nova/greet-loudly.patch\n"
        "  unapplied nova/leave-politely.patch\n"
        "  edited    nova/greet.py\n"
        "2 of 3 patches applied; not verified: freebsd-port verify\n",
        "",
    )
    assert run("push") == Said(
        1,
        "",
        "error: nova/greet.py was edited by hand\n"
        "  where: PROJECT/.venvs/2026.2\n"
        "  try:   take the change into its patch with: freebsd-port refresh, or write over it "
        "and keep a copy with: --force\n",
    )


def test_force_writes_over_an_edited_file_and_names_the_copy(
    run: Run, project: SmallProject
) -> None:
    run("push", "2")
    (project.packages / "nova/greet.py").write_text("mine\n")
    said = run("pop", "-a", "--force")
    assert said.status == 0
    copy = said.out.partition("kept a copy: PROJECT/")[2].partition("\n")[0]
    assert (project.root / copy).read_text() == "mine\n"


def test_without_an_environment_status_and_a_dry_run_look_at_the_wheels(
    run: Run, project: SmallProject
) -> None:
    project.packages.rename(project.root / "elsewhere")
    said = run("status", "--offline")
    assert (said.status, said.out) == (
        0,
        "release 2026.2 has no environment; this is the series on its wheels\n"
        "  fits         oslo.privsep/who-am-i.patch\n"
        "  fits         nova/greet-loudly.patch\n"
        "  fits         nova/leave-politely.patch\n"
        "3 of 3 patches fit; try: freebsd-port venv --release 2026.2\n",
    )
    assert run("apply", "--dry-run", "--offline").out == said.out
    assert run("apply") == Said(
        1,
        "",
        "error: no environment: no such file or directory\n"
        "  where: PROJECT/.venvs/2026.2\n"
        "  try:   freebsd-port venv --release 2026.2\n",
    )


def test_venv_names_any_directory_of_packages(run: Run, project: SmallProject) -> None:
    elsewhere = project.root / "elsewhere"
    project.packages.rename(elsewhere)
    assert run("apply", "--venv", elsewhere) == Said(0, ALL_ON, "")
    assert "release 2026.2 in PROJECT/elsewhere\n" in run("status", "--venv", elsewhere).out


def test_a_tree_needs_neither_release_nor_pins(run: Run, project: SmallProject) -> None:
    said = run("apply", "--tree", project.packages, "--patches", project.root / "patches")
    assert said.status == 1
    assert said.err == (
        "error: the series cannot be read: no such file or directory\n"
        "  where: PROJECT/patches/series\n  try:   name it with --series FILE\n"
    )
    words = ("--tree", project.packages, "--series", project.root / "series")
    said = run("apply", *words, "--patches", project.root / "patches")
    assert said.out.endswith(
        "now 3 patches applied, up to nova/leave-politely.patch, 2 files written\n"
    )


def test_a_series_and_a_patch_that_cannot_be_read_are_told_from_those_not_there(
    run: Run, project: SmallProject
) -> None:
    project.patch(LEAVE).unlink()
    project.patch(LEAVE).mkdir()
    told = "error: nova/leave-politely.patch cannot be read: is a directory\n"
    said = run("apply")
    assert (said.status, said.err) == (1, f"{told}  where: PROJECT/patches/{LEAVE}\n")
    (project.root / "series").unlink()
    (project.root / "series").mkdir()
    told = "error: the series cannot be read: is a directory\n  where: PROJECT/series\n"
    assert run("series") == Said(1, "", told)


@pytest.mark.parametrize("words", [("apply",), ("status",), ("graph", "--offline"), ("review",)])
def test_an_option_that_no_patch_has_is_refused(
    run: Run, project: SmallProject, words: tuple[str, ...]
) -> None:
    (project.root / "series").write_text(f"{WHO}\n{GREET}\n{LEAVE}  # option polite\n")
    assert run(*words, "--option", "polit", "--option", "polite") == Said(
        2,
        "",
        "error: no patch of the series has the option polit\n  where: PROJECT/series\n"
        "  try:   choose one of polite\n",
    )
    assert run("status", "--option", "polite").out.endswith(
        "0 of 3 patches applied; nothing to verify\n"
    )


def test_series_lists_the_patches_with_what_they_say_of_themselves(run: Run) -> None:
    assert run("series").out == "".join(f"{name}\n" for name in NAMES)
    assert run("series", "-v", "--release", "2026.2").out.startswith(
        "oslo.privsep/who-am-i.patch\n    who-am-i\n    oslo_privsep/who.py, hunks: 1\n"
    )


def test_releases_lists_pins_and_what_is_here(run: Run) -> None:
    assert run("releases").out == (
        "project PROJECT\n"
        "* 2026.2  nova 1.0      Python >=3.8; environment: not ours; series not rebased yet\n"
    )
    assert "\n      oslo.rootwrap 1.0 " in run("releases", "-v").out


def test_check_reports_all_and_is_content_once_the_lock_is_written(run: Run) -> None:
    assert run("check", "--offline") == Said(
        1,
        "2026.2: no series.lock, the series was not rebased to it\n"
        "3 patches, 1 release: 1 finding\n",
        "error: the default release 2026.2 has no series.lock\n"
        "  where: PROJECT/releases/2026.2/series.lock\n"
        "  try:   freebsd-port series lock --release 2026.2\n",
    )
    progress = "... planning the series on the wheels of 2026.2\n"
    assert run("series", "lock", "--offline") == Said(
        0,
        f"wrote PROJECT/releases/2026.2/series.lock\n{JUDGED}3 patches, 1 release: 0 findings\n",
        progress,
    )
    assert run("check", "--offline") == Said(
        0, f"{JUDGED}3 patches, 1 release: 0 findings\n", progress
    )
    assert run("check", "--offline", "-q") == Said(0, "", "")


def test_lock_check_judges_without_an_index(run: Run, project: SmallProject) -> None:
    assert run("lock", "--check") == Said(0, "2026.2: 4 packages locked, 0 problems\n", "")
    project.project.requirements("2026.2").unlink()
    assert run("lock", "--check") == Said(
        1,
        "",
        "error: release 2026.2 has no requirements.txt\n"
        "  where: PROJECT/releases/2026.2/requirements.txt\n"
        "  try:   freebsd-port lock --release 2026.2\n",
    )


def test_venv_leaves_alone_what_it_did_not_make(run: Run) -> None:
    assert run("venv") == Said(
        1,
        "",
        "error: something that freebsd-port did not make is in the way\n"
        "  where: PROJECT/.venvs/2026.2\n"
        "  try:   name another place with VENV= or --venv, or remove it\n",
    )
    assert run("venv", "--installer", "conda").status == 2


def test_verify_needs_patches(run: Run) -> None:
    assert run("verify") == Said(
        1,
        "",
        "error: no patch is applied, so there is nothing to verify\n"
        "  where: PROJECT/.venvs/2026.2\n"
        "  try:   freebsd-port apply\n",
    )


def test_verify_tells_what_ran_and_remembers_it(run: Run) -> None:
    run("apply")
    said = run("verify", "--platform", PLATFORM)
    assert said.status == 0
    assert said.out.endswith("4 of 4 hunks run by checks, 4 of 4 added lines\n")
    assert sorted(said.err.splitlines()) == [  # they run side by side
        f"... checking nova on {PLATFORM}",
        f"... checking oslo_privsep on {PLATFORM}",
    ]
    again = run("verify", "--platform", PLATFORM, "--if-changed")
    assert again.err == ""
    assert again.out.endswith(f"3 checks passed on {PLATFORM}, nothing changed since\n")
    assert f"3 checks on {PLATFORM}\n" in run("status").out


def test_verify_names_a_failing_check_and_exits_with_1(run: Run, project: SmallProject) -> None:
    check = project.checks / "nova/test_leave_politely.py"
    check.write_text(check.read_text().replace("goodbye", "farewell"))
    run("apply")
    said = run("verify", "--platform", PLATFORM)
    assert said.status == 1
    assert "  failed  test_leave_politely::test_leave: AssertionError: assert 'goodbye'" in said.out
    quiet = run("verify", "--platform", PLATFORM, "-q")
    assert (quiet.status, quiet.err) == (1, "")
    assert "test_leave_politely::test_leave" in quiet.out


def test_apply_can_verify_at_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "freebsd_port.openstack.ops.proof.verify._default_platforms", lambda with_long: (PLATFORM,)
    )
    said = run("apply", "--verify")
    assert said.status == 0
    assert said.out.startswith(ALL_ON)
    assert said.out.endswith("4 of 4 hunks run by checks, 4 of 4 added lines\n")
    assert run("apply", "--verify").out.startswith("nothing to do: 3 patches applied")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(run: Run, shell: str) -> None:
    said = run("completion", shell)
    assert (said.status, said.err) == (0, "")
    assert "_FREEBSD_PORT_COMPLETE" in said.out


def test_completion_knows_no_other_shell(run: Run) -> None:
    said = run("completion", "tcsh")
    assert said.status == 2
    assert said.err.startswith("error: invalid value for '{bash|zsh|fish}': 'tcsh' is not one of")


def test_series_marks_what_is_on_in_an_environment_as_quilt_does(
    run: Run, project: SmallProject
) -> None:
    run("push", "2")
    assert run("series", "--venv", project.packages).out == (
        "+ oslo.privsep/who-am-i.patch\n= nova/greet-loudly.patch\n  nova/leave-politely.patch\n"
    )


def test_check_finds_an_environment_that_is_not_as_the_series_leaves_it(
    run: Run, project: SmallProject
) -> None:
    run("series", "lock", "-q", "--offline")
    run("push", "2")
    (project.packages / "nova/greet.py").write_text("mine\n")
    said = run("check", "--offline", "--venv", project.packages)
    assert said.status == 1
    assert f"error: {LEAVE} is unapplied\n" in said.err
    assert "error: nova/greet.py is edited\n" in said.err
    run("apply", "-q", "--force")
    assert run("check", "-q", "--offline", "--venv", project.packages) == Said(0, "", "")


def test_releases_names_the_one_whose_pins_an_environment_holds(
    run: Run, project: SmallProject
) -> None:
    assert run("releases", "--venv", project.packages).out.count("\n") == 2
    (project.packages / "nova-1.0.dist-info").rename(project.packages / "gone")
    assert run("releases", "--venv", project.packages) == Said(
        2,
        "",
        "error: the environment does not hold the pins of any release\n"
        "  where: PROJECT/.venvs/2026.2\n"
        "  try:   freebsd-port venv --venv PATH\n",
    )


def test_status_of_all_releases_is_a_grid(run: Run, project: SmallProject) -> None:
    (project.root / "releases/2026.2/series.lock").write_text("")
    text = project.patch(WHO).read_bytes()
    project.patch(WHO).write_bytes(text.replace(b"linux", b"gnu"))
    series = project.root / "series"
    series.write_text(f"{WHO}\n{GREET}\n{LEAVE}  # not 2026.2: it is polite there\n")
    assert run("status", "--all") == Said(
        0,
        "                             2026.2*\n"
        "oslo.privsep/who-am-i.patch  miss\n"
        "nova/greet-loudly.patch      exact\n"
        "nova/leave-politely.patch    off\n"
        "@: variant; off: not in that release's series; *: has series.lock\n"
        "3 patches on 1 release; do not apply: 2026.2 1\n",
        "",
    )
    assert run("status", "--all", "--release", "2026.2").status == 2


def test_status_of_all_releases_tells_a_machine_the_same(run: Run) -> None:
    found = run("status", "--all", "--json").json
    assert (found["ok"], found["problems"]) == (True, [])
    (release,) = found["releases"]
    assert (release["name"], release["carried"]) == ("2026.2", False)
    assert release["patches"][0] == {
        **{"name": WHO, "state": "exact", "variant": False, "file": WHO, "problems": 0},
    }
