"""Authoring on packages: what is recorded when, what is refused, and that no byte is lost."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from authoring import make_editor
from faults import Fault, run_and_die
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from small_overlay import diff, files_of, numbered, snapshot, write_tree
from small_project import GREET, LEAVE, LOUD, NOVA_TEXT, POLITE, SmallProject, small_project

from freebsd_port.engine.core.text.file import STATE_DIRECTORY
from freebsd_port.engine.ops.apply.apply import Distance, apply_series, pop_patches, push_patches
from freebsd_port.engine.ops.author.edit import add_files, edit_files, remove_files
from freebsd_port.engine.ops.author.fold import fold_patch
from freebsd_port.engine.ops.author.header import change_header
from freebsd_port.engine.ops.author.new import begin_patch
from freebsd_port.engine.ops.author.refresh import refresh_patch
from freebsd_port.engine.ops.author.rename import delete_patch, rename_patch_to
from freebsd_port.engine.ops.author.stack import StackError
from freebsd_port.engine.ops.target.workspace import Workspace, open_tree
from freebsd_port.engine.store.files.editor import EditorError
from freebsd_port.errors import PortError, ProblemsError
from freebsd_port.openstack.ops.environment import PinError
from freebsd_port.openstack.ops.inspect.status import read_status

TODAY = "2026-11-25"
NEW = "nova/new-thing.patch"
GREETING = "nova/greet.py"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    monkeypatch.setenv("VISUAL", "false")
    return small_project(tmp_path, monkeypatch)


def snapshot_all(project: SmallProject) -> dict[str, tuple[int, bytes]]:
    """Packages with state, patches, series."""
    return files_of(snapshot(project.root, with_state=True))


def edit(project: SmallProject, path: str, content: str | bytes) -> None:
    data = content.encode() if isinstance(content, str) else content
    (project.packages / path).write_bytes(data)


def is_complete(project: SmallProject) -> bool:
    return read_status(project.workspace()).is_complete


def problems_of(action: Callable[[], object]) -> list[str]:
    with pytest.raises(PortError) as caught:
        action()
    error = caught.value
    return [one.what for one in (error.problems if isinstance(error, ProblemsError) else [error])]


def test_a_session_leaves_the_environment_as_the_series_has_it_and_pops_to_every_byte(
    project: SmallProject,
) -> None:
    pristine = snapshot(project.packages)
    apply_series(project.workspace())
    begin_patch(project.workspace(), NEW, TODAY)
    assert is_complete(project)
    add_files(project.workspace(), (GREETING, "nova/fresh.py"))
    assert is_complete(project)
    edit(project, GREETING, POLITE.replace("goodbye", "farewell"))
    edit(project, "nova/fresh.py", "fresh = True\n")
    assert [c.kind for c in read_status(project.workspace()).conditions if c.kind != "patched"] == [
        "edited",
        "edited",
    ]
    refreshed = refresh_patch(project.workspace())
    assert refreshed.files == ("nova/fresh.py", GREETING)
    assert is_complete(project)
    record = (project.packages / "nova-1.0.dist-info/RECORD").read_bytes()
    assert b"nova/fresh.py,sha256=" in record
    assert apply_series(project.workspace()).is_noop
    after = snapshot(project.packages)
    pop_patches(project.workspace(), Distance(is_all=True))
    assert snapshot(project.packages, with_state=True) == pristine
    apply_series(project.workspace())
    assert snapshot(project.packages) == after


def test_a_new_patch_begins_with_the_fields_that_check_asks_for(project: SmallProject) -> None:
    apply_series(project.workspace())
    begin_patch(project.workspace(), NEW, TODAY)
    assert project.patch(NEW).read_text() == (
        "Subject: nova: new thing\nOrigin: vendor\nForwarded: no\nDrop-When: \n"
        "Last-Update: 2026-11-25\n\n"
    )
    pop_patches(project.workspace(), Distance())
    push_patches(project.workspace(), Distance())
    assert is_complete(project)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("thing.patch", "does not say which distribution it is for"),
        ("other/thing.patch", "does not say which distribution it is for"),
        ("nova/thing", "does not end in .patch"),
        ("other/thing", "does not say which distribution it is for"),
        ("nova/../thing.patch", "it climbs out with '..'"),
        ("/nova/thing.patch", "it is absolute"),
        ("nova/a thing.patch", "it cannot be written in a series"),
        ("nova/a\nthing.patch", "it cannot be written in a series"),
        (GREET, "already exists"),
    ],
)
def test_a_name_that_no_patch_can_have_is_refused(
    project: SmallProject, name: str, told: str
) -> None:
    before = snapshot_all(project)
    (problem,) = problems_of(lambda: begin_patch(project.workspace(), name, TODAY))
    assert told in problem
    assert snapshot_all(project) == before


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("oslo_privsep/who.py", "it belongs to oslo.privsep"),
        ("nova-1.0.dist-info/METADATA", "it is metadata of a distribution"),
        ("elsewhere.py", "no pinned distribution owns it"),
        ("../series", "is not inside the tree"),
        ("/etc/passwd", "is not inside the tree"),
        (f"{STATE_DIRECTORY}/state.json", "no pinned distribution owns it"),
    ],
)
def test_a_file_that_the_patch_may_not_touch_is_not_added(
    project: SmallProject, path: str, told: str
) -> None:
    apply_series(project.workspace())
    before = snapshot_all(project)
    for verb in (
        lambda: add_files(project.workspace(), (path,)),
        lambda: edit_files(project.workspace(), (path,), lambda _: None),
    ):
        assert told in problems_of(verb)[0]
    assert snapshot_all(project) == before


def test_a_file_edited_before_it_was_added_is_refused(project: SmallProject) -> None:
    begin_patch(project.workspace(), NEW, TODAY)
    edit(project, GREETING, NOVA_TEXT + "# mine\n")
    with pytest.raises(ProblemsError) as caught:
        add_files(project.workspace(), (GREETING,))
    assert isinstance(caught.value.problems[0], PinError)


def test_an_added_file_gives_up_the_hard_link_that_it_shares_with_a_cache(
    project: SmallProject, tmp_path: Path
) -> None:
    os.link(project.packages / GREETING, tmp_path / "cache.py")
    begin_patch(project.workspace(), NEW, TODAY)
    add_files(project.workspace(), (GREETING,))
    edit(project, GREETING, "changed = True\n")
    assert (tmp_path / "cache.py").read_text() == NOVA_TEXT


def test_push_pop_and_apply_refuse_while_an_edit_is_not_refreshed(project: SmallProject) -> None:
    push_patches(project.workspace(), Distance(name=GREET))
    mine = LOUD.replace("return 2", "return 22")
    edit(project, GREETING, mine)
    for verb in (
        lambda: push_patches(project.workspace(), Distance()),
        lambda: pop_patches(project.workspace(), Distance(is_all=True)),
        lambda: apply_series(project.workspace()),
        lambda: delete_patch(project.workspace()),
    ):
        assert problems_of(verb) == [f"{GREETING} was edited by hand"]
    assert (project.packages / GREETING).read_text() == mine
    refresh_patch(project.workspace())
    push_patches(project.workspace(), Distance())
    assert "return 22" in (project.packages / GREETING).read_text()


def test_edits_of_several_patches_do_not_disturb_each_other(project: SmallProject) -> None:
    push_patches(project.workspace(), Distance(name=GREET))
    edit(project, GREETING, LOUD + "# mine\n")
    begin_patch(project.workspace(), "oslo.privsep/other.patch", TODAY)
    add_files(project.workspace(), ("oslo_privsep/fresh.py",))
    edit(project, "oslo_privsep/fresh.py", "x = 1\n")
    refresh_patch(project.workspace())
    assert (project.packages / GREETING).read_text() == LOUD + "# mine\n"
    refresh_patch(project.workspace(), GREET)
    assert read_status(project.workspace()).patches[2].name == "oslo.privsep/other.patch"
    assert all(c.kind == "patched" for c in read_status(project.workspace()).conditions)


def test_an_edit_back_to_the_original_is_an_edit(project: SmallProject) -> None:
    push_patches(project.workspace(), Distance(name=GREET))
    edit(project, GREETING, NOVA_TEXT)
    assert refresh_patch(project.workspace()).is_empty
    assert b"@@" not in project.patch(GREET).read_bytes()
    edit(project, GREETING, LOUD)
    refresh_patch(project.workspace())
    assert (project.packages / GREETING).read_text() == LOUD
    assert b"@@" in project.patch(GREET).read_bytes()


def test_a_text_changed_by_hand_below_its_header_is_not_written_over(
    project: SmallProject,
) -> None:
    apply_series(project.workspace())
    text = project.patch(LEAVE).read_bytes()
    project.patch(LEAVE).write_bytes(text.replace(b"goodbye", b"farewell"))
    edit(project, GREETING, POLITE + "# mine\n")
    before = snapshot_all(project)
    (told,) = problems_of(lambda: refresh_patch(project.workspace()))
    assert "a refresh would lose that change" in told
    assert snapshot_all(project) == before
    project.patch(LEAVE).write_bytes(text.replace(b"Origin: vendor", b"Origin: upstream"))
    refresh_patch(project.workspace())
    assert b"Origin: upstream" in project.patch(LEAVE).read_bytes()
    assert b"+# mine" in project.patch(LEAVE).read_bytes()


def test_the_text_that_the_release_takes_is_written(project: SmallProject) -> None:
    variant = project.patch(LEAVE.replace(".patch", "@2026.2.patch"))
    shared = project.patch(LEAVE).read_bytes()
    variant.write_bytes(shared)
    apply_series(project.workspace())
    edit(project, GREETING, POLITE + "# mine\n")
    assert refresh_patch(project.workspace()).text == variant
    assert project.patch(LEAVE).read_bytes() == shared
    assert b"# mine" in variant.read_bytes()
    renamed = rename_patch_to(project.workspace(), NEW)
    assert [path.name for path in renamed.texts] == [
        "new-thing.patch",
        "new-thing@2026.2.patch",
    ]
    assert not variant.exists()
    assert is_complete(project)


def test_a_refresh_names_the_releases_that_take_the_same_text(project: SmallProject) -> None:
    for release in ("2025.1", "2026.1"):
        shutil.copytree(project.root / "releases/2026.2", project.root / "releases" / release)
    series = (project.root / "series").read_text()
    (project.root / "series").write_text(f"{series[:-1]} # not 2025.1: it is there\n")
    apply_series(project.workspace())
    edit(project, GREETING, POLITE + "# mine\n")
    assert refresh_patch(project.workspace()).shared == ("2026.1",)
    variant = project.patch(LEAVE.replace(".patch", "@2026.1.patch"))
    variant.write_bytes(project.patch(LEAVE).read_bytes())
    edit(project, GREETING, POLITE)
    assert refresh_patch(project.workspace()).shared == ()
    assert b"# mine" in variant.read_bytes()


def test_a_rename_to_another_distribution_is_refused(project: SmallProject) -> None:
    apply_series(project.workspace())
    before = snapshot_all(project)
    (told,) = problems_of(lambda: rename_patch_to(project.workspace(), "oslo.privsep/x.patch"))
    assert "it belongs to nova" in told
    assert snapshot_all(project) == before


def test_removing_a_file_keeps_what_was_edited_in_a_copy(project: SmallProject) -> None:
    apply_series(project.workspace())
    edit(project, GREETING, "mine = True\n")
    taken = remove_files(project.workspace(), (GREETING,))
    assert [path.read_text() for path in taken.kept] == ["mine = True\n"]
    assert (project.packages / GREETING).read_text() == LOUD
    assert is_complete(project)


def test_a_file_made_executable_is_so_again_after_a_push(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"run.sh": b"#!/bin/sh\n", "a.txt": b"a\n"})
    (tmp_path / "series").write_bytes(b"")
    workspace = open_tree(root, tmp_path / "series", tmp_path)
    begin_patch(workspace, "one.patch", TODAY)
    add_files(workspace, ("run.sh", "new.sh", "empty", "a.txt"))
    (root / "run.sh").chmod(0o755)
    (root / "new.sh").write_bytes(b"#!/bin/sh\n")
    (root / "new.sh").chmod(0o755)
    (root / "empty").write_bytes(b"")
    (root / "a.txt").unlink()
    refresh_patch(workspace)
    text = (tmp_path / "one.patch").read_text()
    assert "old mode 100644\nnew mode 100755\n" in text
    made = files_of(snapshot(root))
    pop_patches(workspace, Distance())
    assert files_of(snapshot(root))["run.sh"][0] & 0o777 == 0o644
    push_patches(workspace, Distance())
    assert files_of(snapshot(root)) == made
    refresh_patch(workspace)
    assert (tmp_path / "one.patch").read_text() == text


@pytest.mark.parametrize(("options", "lead"), [("-p0", b"--- a.txt\n"), ("-p2", b"--- a/a/a.txt")])
def test_the_series_line_says_how_a_refresh_writes_names(
    tmp_path: Path, options: str, lead: bytes
) -> None:
    root = write_tree(tmp_path / "tree", {"a.txt": numbered()})
    prefix = {"-p0": b"", "-p2": b"x/y/"}[options]
    text = diff("a.txt", numbered(), numbered(3))
    text = text.replace(b"a/a.txt", prefix + b"a.txt").replace(b"b/a.txt", prefix + b"a.txt")
    (tmp_path / "one.patch").write_bytes(text)
    (tmp_path / "series").write_text(f"one.patch {options}\n")
    workspace = open_tree(root, tmp_path / "series", tmp_path)
    push_patches(workspace, Distance())
    (root / "a.txt").write_bytes(numbered(3, 9))
    refresh_patch(workspace)
    assert (tmp_path / "one.patch").read_bytes().startswith(lead)
    pop_patches(workspace, Distance())
    push_patches(workspace, Distance())
    assert (root / "a.txt").read_bytes() == numbered(3, 9)


def test_a_reversed_patch_is_refreshed_reversed(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.txt": numbered(3)})
    (tmp_path / "one.patch").write_bytes(diff("a.txt", numbered(), numbered(3)))
    (tmp_path / "series").write_text("one.patch -R\n")
    workspace = open_tree(root, tmp_path / "series", tmp_path)
    push_patches(workspace, Distance())
    (root / "a.txt").write_bytes(numbered(7))
    refresh_patch(workspace)
    assert (tmp_path / "one.patch").read_bytes() == diff("a.txt", numbered(7), numbered(3))
    pop_patches(workspace, Distance())
    assert (root / "a.txt").read_bytes() == numbered(3)


def test_what_is_not_text_is_not_written_into_a_patch(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.txt": b"a\n"})
    (tmp_path / "series").write_bytes(b"")
    workspace = open_tree(root, tmp_path / "series", tmp_path)
    begin_patch(workspace, "one.patch", TODAY)
    add_files(workspace, ("a.txt",))
    (root / "a.txt").write_bytes(b"a\0b\n")
    assert problems_of(lambda: refresh_patch(workspace)) == [
        "a.txt is not text, and a patch holds text only"
    ]


def test_a_link_is_not_added(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.txt": b"a\n"})
    (root / "link").symlink_to("a.txt")
    (tmp_path / "series").write_bytes(b"")
    workspace = open_tree(root, tmp_path / "series", tmp_path)
    begin_patch(workspace, "one.patch", TODAY)
    assert "symbolic link" in problems_of(lambda: add_files(workspace, ("link",)))[0]


def test_a_file_that_no_refresh_could_write_is_not_added(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.txt": b"a\n", "nul": b"a\0b\n"})
    (tmp_path / "series").write_bytes(b"")
    workspace = open_tree(root, tmp_path / "series", tmp_path)
    begin_patch(workspace, "one.patch", TODAY)
    before = snapshot(tmp_path, with_state=True)
    (told,) = problems_of(lambda: add_files(workspace, ("a.txt", "nul")))
    assert "not text" in told
    assert snapshot(tmp_path, with_state=True) == before


def test_a_file_below_a_file_is_not_added(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.txt": b"a\n"})
    (tmp_path / "series").write_bytes(b"")
    workspace = open_tree(root, tmp_path / "series", tmp_path)
    begin_patch(workspace, "one.patch", TODAY)
    path, told = "a.txt/b/c", ["'a.txt/b/c' cannot be made: 'a.txt' is a file"]
    assert problems_of(lambda: add_files(workspace, (path,))) == told
    assert problems_of(lambda: edit_files(workspace, (path,), lambda message: None)) == told


@pytest.mark.parametrize("script", ["exit 3", 'echo changed > "$1"; exit 1'])
def test_an_editor_that_fails_leaves_nothing_recorded(
    project: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    apply_series(project.workspace())
    before = snapshot_all(project)
    monkeypatch.setenv("VISUAL", make_editor(tmp_path / "editor", script))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(EditorError) as caught:
        edit_files(project.workspace(), (GREETING,), lambda _: None)
    assert snapshot_all(project) == before
    if "changed" in script:
        assert (Path(str(caught.value.where)) / GREETING).read_text() == "changed\n"


def test_an_editor_that_changes_nothing_leaves_nothing_recorded(
    project: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_series(project.workspace())
    before = snapshot_all(project)
    monkeypatch.setenv("VISUAL", "true")
    assert edit_files(project.workspace(), (GREETING,), lambda _: None).paths == ()
    assert snapshot_all(project) == before
    monkeypatch.setenv("VISUAL", "no-such-editor --wait")
    with pytest.raises(EditorError, match="the editor cannot be run"):
        edit_files(project.workspace(), (GREETING,), lambda _: None)
    assert snapshot_all(project) == before


def test_an_editor_gets_words_from_its_variable_and_a_changed_tree_is_noticed(
    project: SmallProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply_series(project.workspace())
    target = project.packages / GREETING
    script = make_editor(tmp_path / "editor", f'echo "$1" > {target}; echo mine > "$2"')
    monkeypatch.setenv("VISUAL", f"{script} --wait")
    with pytest.raises(StackError, match="changed while the files were being edited") as caught:
        edit_files(project.workspace(), (GREETING,), lambda _: None)
    assert target.read_text() == "--wait\n"
    assert (Path(str(caught.value.where)) / GREETING).read_text() == "mine\n"


def test_a_header_may_not_begin_a_diff(project: SmallProject) -> None:
    before = snapshot_all(project)
    for text in (b"Subject: x\n\n--- a/nova/x.py\n+++ b/nova/x.py\n", b"diff -u\n"):
        (told,) = problems_of(
            lambda text=text: change_header(project.workspace(), GREET, lambda _: text)
        )
        assert "begins a diff" in told
    assert snapshot_all(project) == before


def authoring_verbs(project: SmallProject) -> dict[str, Callable[[], object]]:
    """Each verb that writes, on a project with an edit in progress."""
    more = diff("nova/fresh.py", None, b"fresh\n")

    def workspace() -> Workspace:
        return project.workspace()

    return {
        "new": lambda: begin_patch(workspace(), NEW, TODAY),
        "add": lambda: add_files(workspace(), ("nova/__init__.py",)),
        "refresh": lambda: refresh_patch(workspace()),
        "rename": lambda: rename_patch_to(workspace(), NEW),
        "header": lambda: change_header(workspace(), None, lambda old: b"Title: x\n" + old),
        "fold": lambda: fold_patch(workspace(), more),
        "remove": lambda: remove_files(workspace(), (GREETING,)),
    }


VERBS = ("new", "add", "refresh", "rename", "header", "fold", "remove")


def in_progress(tmp_path: Path) -> SmallProject:
    with pytest.MonkeyPatch.context() as patch:
        project = small_project(tmp_path, patch)
    apply_series(project.workspace())
    edit(project, GREETING, POLITE + "# mine\n")
    return project


@pytest.mark.parametrize(
    ("verb", "errno"),
    [*((verb, None) for verb in VERBS), ("refresh", 28), ("rename", 28)],
)
def test_a_verb_cut_off_at_any_write_loses_nothing_and_the_next_command_goes_on(
    tmp_path: Path, verb: str, errno: int | None
) -> None:
    whole = in_progress(tmp_path / "whole")
    mine = (whole.packages / GREETING).read_bytes()
    known = texts_of(whole)
    count = Fault()
    with pytest.MonkeyPatch.context() as patch:
        count.install(patch)
        authoring_verbs(whole)[verb]()
    known |= texts_of(whole)
    assert len(count.calls) > 5
    for at in range(1, len(count.calls) + 1):
        project = in_progress(tmp_path / f"{at}")
        strike(authoring_verbs(project)[verb], Fault(at, errno))
        contents = {p.read_bytes() for p in project.packages.rglob("greet.py*") if p.is_file()}
        assert mine in contents, at
        assert texts_of(project) <= known, at
        refresh_patch(project.workspace())
        if verb == "refresh":
            assert comparable(project) == comparable(whole), at
        pop_patches(project.workspace(), Distance(is_all=True), force=True)
        assert not (project.packages / STATE_DIRECTORY).exists(), at
        assert (project.packages / GREETING).read_text() == NOVA_TEXT, at


def test_a_patch_renamed_by_hand_while_it_is_on_is_still_on(tmp_path: Path) -> None:
    project = in_progress(tmp_path)
    project.patch(LEAVE).rename(project.patch(NEW))
    series = (project.root / "series").read_text()
    (project.root / "series").write_text(series.replace(LEAVE, NEW))
    refresh_patch(project.workspace())
    assert is_complete(project)
    assert b"+# mine" in project.patch(NEW).read_bytes()


def strike(action: Callable[[], object], fault: Fault) -> None:
    if fault.errno is None:
        run_and_die(action, fault)
        return
    with pytest.MonkeyPatch.context() as patch:
        fault.install(patch)
        with contextlib.suppress(PortError, OSError):
            action()


def texts_of(project: SmallProject) -> set[bytes]:
    """The series and every patch, whatever it is called."""
    return {
        path.read_bytes()
        for path in [project.root / "series", *(project.root / "patches").rglob("*.patch")]
    }


def comparable(project: SmallProject) -> dict[str, bytes]:
    """What counts: packages, patches and series; rubbish of a kill does not."""
    return {
        path.relative_to(project.root).as_posix(): path.read_bytes()
        for path in project.root.rglob("*")
        if path.is_file() and not path.name.endswith(".partial") and "pristine" not in path.parts
    }


LINE = st.sampled_from([b"a\n", b"b\n", b"\n", b"-- \n", b"c\r\n", b"\xe9\n"])
LINES = st.lists(LINE, max_size=9).map(b"".join)
CONTENT = st.none() | LINES | LINES.map(lambda text: text + b"no newline")


@example(before=(None, None), mid=(b"", b"no newline"), after=None)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(before=st.tuples(CONTENT, CONTENT), mid=st.tuples(CONTENT, CONTENT), after=CONTENT)
def test_a_refresh_gives_the_edited_bytes_back_after_pop_and_push(
    tmp_path_factory: pytest.TempPathFactory,
    before: tuple[bytes | None, bytes | None],
    mid: tuple[bytes | None, bytes | None],
    after: bytes | None,
) -> None:
    place = tmp_path_factory.mktemp("law")
    (place / "tree").mkdir()
    workspace = open_tree(place / "tree", place / "series", place)
    names = ("x.txt", "y.txt")
    save(place / "tree", dict(zip(names, before, strict=True)))
    edited = [dict(zip(names, mid, strict=True)), {"x.txt": after, "y.txt": mid[1]}]
    for number, files in enumerate(edited):
        begin_patch(workspace, f"{number}.patch", TODAY)
        add_files(workspace, names)
        save(place / "tree", files)
        refresh_patch(workspace)
        text = (place / f"{number}.patch").read_bytes()
        state = (place / "tree" / STATE_DIRECTORY / "state.json").read_bytes()
        assert not refresh_patch(workspace).is_changed
        assert (place / f"{number}.patch").read_bytes() == text
        assert (place / "tree" / STATE_DIRECTORY / "state.json").read_bytes() == state
    for files in (edited[0], dict(zip(names, before, strict=True))):
        pop_patches(workspace, Distance())
        assert load(place / "tree", names) == files
    for files in edited:
        push_patches(workspace, Distance())
        assert load(place / "tree", names) == files


def save(root: Path, files: dict[str, bytes | None]) -> None:
    for name, content in files.items():
        if content is None:
            (root / name).unlink(missing_ok=True)
        else:
            (root / name).write_bytes(content)


def load(root: Path, names: tuple[str, ...]) -> dict[str, bytes | None]:
    return {name: (root / name).read_bytes() if (root / name).exists() else None for name in names}
