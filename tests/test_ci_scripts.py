"""What CI's nightly scripts call, in which order, and the exit status they pass on."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOL = """\
#!/bin/sh
echo "freebsd-port $*" >>"$CALLS"
if [ "$1" = releases ] && [ -n "${ADDS:-}" ]; then echo "error: no index" >&2; exit "$ADDS"; fi
[ "$1" = rebase ] || exit 0
[ "${STATUS:-0}" != 5 ] || { echo '{"ok": false}'; exit 5; }
while [ $# -gt 0 ]; do
    [ "$1" != --markdown ] || echo "# summary" >"$2"
    shift
done
exit "${STATUS:-0}"
"""
RECORD = '#!/bin/sh\necho "{name} $*" >>"$CALLS"\n'
LISTED = '#!/bin/sh\necho "gh $*" >>"$CALLS"\n[ "$2" != list ] || echo "$OPEN"\n'


@dataclass(frozen=True)
class Checkout:
    """A directory with the scripts, and stand-ins for the programs that they call."""

    root: Path

    def run(self, script: str, *words: str, **more: str) -> tuple[int, str, list[str]]:
        """Run a script; gives exit status, standard output, and what it called."""
        calls = self.root / "calls"
        calls.write_text("")
        path = f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "CALLS": str(calls), "OPEN": "", **more}
        if "REPORT" not in more:
            env.pop("REPORT", None)  # a CI that keeps the results of these tests sets it
        done = subprocess.run(
            [f".ci/{script}", *words],
            cwd=self.root,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, calls.read_text().splitlines()

    def git(self, *words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=self.root, capture_output=True, text=True, check=True
        ).stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "checkout"
    (root / "releases/2026.2").mkdir(parents=True)
    (root / "releases/2026.2/release.toml").write_text("")
    shutil.copytree(ROOT / ".ci", root / ".ci")
    programs = {
        **{".venv/bin/freebsd-port": TOOL, "bin/gh": LISTED},
        **{f"bin/{name}": RECORD.format(name=name) for name in ("make", "curl")},
    }
    for name, text in programs.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    return Checkout(root)


REBASE = (
    "freebsd-port rebase --to {0} --verify --json"
    " --markdown report/summary.md --junit report/rebase.xml"
)
SITE = "freebsd-port review site --release {0} report/review"


def test_a_release_is_rebased_as_it_is(checkout: Checkout) -> None:
    status, out, calls = checkout.run("rebase", "2026.2")
    assert (status, out) == (0, "# summary\n")
    assert calls[0].startswith("make .venv/ready BOOTSTRAP=python3")
    assert calls[1:] == [REBASE.format("2026.2"), SITE.format("2026.2")]


def test_pins_are_moved_before_the_rebase(checkout: Checkout) -> None:
    _, _, calls = checkout.run("rebase", "2026.2", "nova=34.0.1", "oslo.privsep=3.12.1")
    assert calls[1:] == [
        "freebsd-port releases add 2026.2 --pin nova=34.0.1 --pin oslo.privsep=3.12.1",
        REBASE.format("2026.2"),
        SITE.format("2026.2"),
    ]


def test_a_release_that_is_not_here_is_added_with_its_constraints(checkout: Checkout) -> None:
    _, _, calls = checkout.run("rebase", "2027.1", "nova=35.0.0")
    assert calls[1].endswith("https://releases.openstack.org/constraints/upper/2027.1")
    assert calls[2:] == [
        "freebsd-port releases add 2027.1 --pin nova=35.0.0"
        " --constraints report/upper-constraints.txt",
        REBASE.format("2027.1"),
        SITE.format("2027.1"),
    ]


@pytest.mark.parametrize("status", ["1", "3", "4"])
def test_the_exit_status_is_that_of_the_rebase(checkout: Checkout, status: str) -> None:
    done, _, calls = checkout.run("rebase", "2026.2", STATUS=status)
    assert done == int(status)
    assert (calls[-1] == SITE.format("2026.2")) is (status == "4")


def test_without_the_index_there_is_a_report_and_a_status_of_its_own(checkout: Checkout) -> None:
    status, out, calls = checkout.run("rebase", "2026.2", "nova=34.0.1", ADDS="5")
    assert status == 5
    assert calls[-1] == "freebsd-port releases add 2026.2 --pin nova=34.0.1"
    report = (checkout.root / "report/summary.md").read_text("utf-8")
    assert report == out
    assert "**Not rebased**, exit status 5" in report
    assert "    error: no index" in report
    assert checkout.run("rebase", "2026.2", STATUS="5")[0] == 5
    assert '    {"ok": false}' in (checkout.root / "report/summary.md").read_text("utf-8")


def test_without_the_constraints_there_is_a_report_and_a_status_of_its_own(
    checkout: Checkout,
) -> None:
    curl = checkout.root / "bin/curl"
    curl.write_text("#!/bin/sh\necho 'curl: (6) Could not resolve host' >&2\nexit 6\n")
    status, _, calls = checkout.run("rebase", "2027.1", "nova=35.0.0")
    assert (status, calls[1:]) == (5, [])
    report = (checkout.root / "report/summary.md").read_text("utf-8")
    assert "    curl: (6) Could not resolve host" in report


def test_no_release_named_is_a_usage_error(checkout: Checkout) -> None:
    assert checkout.run("rebase")[0] == 2
    assert checkout.run("propose", "2026.2")[0] == 2


@pytest.fixture
def repository(checkout: Checkout, tmp_path: Path) -> Checkout:
    """The checkout as a git repository with an origin; series and patches are there."""
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "origin")], check=True)
    (checkout.root / "patches").mkdir()
    (checkout.root / "patches/one.patch").write_text("one\n")
    (checkout.root / "series").write_text("one.patch\n")
    (checkout.root / ".gitignore").write_text("/calls\n/bin/\n/.venv/\n")
    checkout.git("init", "-q", "-b", "main")
    for name, value in (("user.name", "t"), ("user.email", "t@t"), ("commit.gpgsign", "false")):
        checkout.git("config", name, value)
    checkout.git("remote", "add", "origin", str(tmp_path / "origin"))
    checkout.git("add", "-A")
    checkout.git("commit", "-qm", "first")
    return checkout


def test_nothing_changed_proposes_nothing(repository: Checkout) -> None:
    (repository.root / "report.txt").write_text("not part of the series")
    assert repository.run("propose", "2026.2", "0", "s.md") == (
        0,
        "nothing changed on 2026.2\n",
        [],
    )


def test_what_the_rebase_wrote_is_pushed_and_opened_with_its_summary(repository: Checkout) -> None:
    (repository.root / "patches/one@2026.1.patch").write_text("other\n")
    (repository.root / "report.txt").write_text("not part of the series")
    status, _, calls = repository.run("propose", "2026.2", "0", "s.md")
    assert status == 0
    assert calls[-1] == (
        "gh pr create --head rebase/2026.2 --title Rebase the series to 2026.2 --body-file s.md"
    )
    pushed = repository.git("ls-tree", "-r", "--name-only", "origin/rebase/2026.2").split()
    assert "patches/one@2026.1.patch" in pushed
    assert "report.txt" not in pushed


def test_failing_checks_open_a_change_whose_title_says_so(repository: Checkout) -> None:
    (repository.root / "series").write_text("# changed\none.patch\n")
    _, _, calls = repository.run("propose", "2026.2", "4", "s.md")
    assert calls[-1] == (
        "gh pr create --head rebase/2026.2 --title 🔴 Rebase the series to 2026.2: checks fail"
        " --body-file s.md"
    )


def test_a_conflict_is_a_draft_and_an_open_change_is_brought_up_to_date(
    repository: Checkout,
) -> None:
    (repository.root / "series").write_text("# changed\none.patch\n")
    _, _, calls = repository.run("propose", "2026.2", "3", "s.md")
    assert calls[-1].startswith("gh pr create --draft --head rebase/2026.2 ")
    repository.git("checkout", "-q", "main")
    (repository.root / "series").write_text("# again\none.patch\n")
    _, _, calls = repository.run("propose", "2026.2", "0", "s.md", OPEN="7")
    assert calls[-1].startswith("gh pr edit rebase/2026.2 ")
    assert "# again" in repository.git("show", "origin/rebase/2026.2:series")
