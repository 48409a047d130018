"""Changes of a stack file as commits, in real repositories."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation

from infra.split import Split
from rollout.cli import main
from rollout.git import Branch, GitError, message
from rollout.journal import Entry
from rollout.stack import ProjectStack, StackError
from rollout.state import Phase, State

ROOT = Path(__file__).parents[3]
IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.com")
SPLIT = Split("v1.1", {"v1.2": 20})
STATE = State("v1.1", "v1.2", Phase.STEP, datetime.now(UTC), step=1, reason="to 20%: sound")
ENTRY = Entry(datetime.now(UTC), "host-7", STATE, {"verdict": "promote", "requests": 512})


def git(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(directory), *IDENTITY, *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clone on branch `releases`, which the remote `origin` has too."""
    origin = tmp_path / "origin"
    subprocess.run(["git", "init", "--quiet", "--bare", str(origin)], check=True)
    directory = tmp_path / "checkout"
    subprocess.run(["git", "clone", "--quiet", str(origin), str(directory)], check=True)
    shutil.copy(ROOT / "Pulumi.prod.yaml", directory)
    (directory / "README.md").write_text("ours\n")
    git(directory, "switch", "--quiet", "--create", "releases")
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "--message", "begin")
    git(directory, "push", "--quiet", "--set-upstream", "origin", "releases")
    return directory


def edit(checkout: Path) -> Path:
    file = checkout / "Pulumi.prod.yaml"
    file.write_text(file.read_text() + "# edited\n")
    return file


def branch(checkout: Path, remote: str | None = None) -> Branch:
    return Branch(checkout / "Pulumi.prod.yaml", "releases", remote)


def pushed(checkout: Path) -> str:
    """The last commit that the remote's branch has."""
    return git(checkout.parent / "origin", "rev-parse", "releases")


def test_a_change_is_a_commit_with_its_evidence(checkout: Path) -> None:
    edit(checkout)
    branch(checkout).commit(message("ocr", "prod", SPLIT, ENTRY))
    assert git(checkout, "status", "--porcelain") == ""
    subject, _, body = git(checkout, "log", "-1", "--format=%B").partition("\n")
    assert subject == "ocr: stable v1.1, v1.2: 20% (prod)"
    assert "v1.1 to v1.2, step: to 20%: sound" in body
    evidence = body[body.index("{") : body.rindex("}") + 1]
    assert json.loads(evidence) == {"verdict": "promote", "requests": 512}
    assert git(checkout, "log", "-1", "--format=%(trailers:key=Rollout-Controller)") == (
        "Rollout-Controller: host-7"
    )
    assert git(checkout, "log", "-1", "--format=%an, %ce") == (
        "paddle-canary rollout, rollout@paddle-canary.invalid"
    )


def test_nothing_is_pushed_unless_told(checkout: Path) -> None:
    before = pushed(checkout)
    edit(checkout)
    branch(checkout).commit("first")
    assert pushed(checkout) == before
    branch(checkout, "origin").commit("of a change that is committed already")
    assert pushed(checkout) == git(checkout, "rev-parse", "HEAD") != before


def test_without_a_change_there_is_no_commit(checkout: Path) -> None:
    before = git(checkout, "rev-parse", "HEAD")
    branch(checkout).commit("nothing")
    assert git(checkout, "rev-parse", "HEAD") == before


def test_what_somebody_has_staged_is_not_committed(checkout: Path) -> None:
    (checkout / "README.md").write_text("theirs\n")
    git(checkout, "add", "README.md")
    edit(checkout)
    branch(checkout).commit("ours alone")
    assert git(checkout, "show", "--name-only", "--format=") == "Pulumi.prod.yaml"
    assert git(checkout, "status", "--porcelain") == "M  README.md"


def test_a_clean_checkout_on_its_branch_has_nothing_against_it(checkout: Path) -> None:
    (checkout / "notes").write_text("untracked files are nobody's\n")
    assert branch(checkout).objections() == ()


def test_a_dirty_work_tree_is_refused_with_its_files(checkout: Path) -> None:
    (checkout / "README.md").write_text("theirs\n")
    (words,) = branch(checkout).objections()
    assert words == "branch releases: found changes of README.md; commit or stash them"


def test_another_branch_is_refused(checkout: Path) -> None:
    git(checkout, "switch", "--quiet", "--create", "other")
    (words,) = branch(checkout).objections()
    assert "the checkout of Pulumi.prod.yaml is on other; git switch releases" in words
    edit(checkout)
    with pytest.raises(GitError, match="is on other"):
        branch(checkout).commit("on the wrong branch")


def diverge(checkout: Path) -> None:
    """Somebody else pushes to the branch."""
    other = checkout.parent / "other"
    origin = checkout.parent / "origin"
    subprocess.run(
        ["git", "clone", "--quiet", "--branch", "releases", str(origin), str(other)], check=True
    )
    edit(other)
    git(other, "commit", "--quiet", "--all", "--message", "theirs")
    git(other, "push", "--quiet")


def test_a_branch_that_is_behind_its_upstream_is_refused(checkout: Path) -> None:
    diverge(checkout)
    git(checkout, "fetch", "--quiet")
    (words,) = branch(checkout).objections()
    assert "its upstream has 1 commits that the checkout lacks; git pull --rebase" in words


def test_a_push_that_the_remote_refuses_is_an_error_and_leaves_the_commit(checkout: Path) -> None:
    diverge(checkout)
    edit(checkout)
    with pytest.raises(GitError, match=r"branch releases: git push: .*"):
        branch(checkout, "origin").commit("ours")
    assert git(checkout, "log", "-1", "--format=%s") == "ours"


def test_where_there_is_no_repository_it_says_so(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Pulumi.prod.yaml", tmp_path)
    (words,) = branch(tmp_path).objections()
    assert "not a git repository" in words


class Engine:
    """Updates that succeed."""

    def __init__(self) -> None:
        self.updates = 0

    def up(self, **_: Any) -> None:  # noqa: ANN401
        self.updates += 1


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    found = Engine()
    monkeypatch.setattr(automation, "select_stack", lambda *_, **__: found)
    return found


def test_a_rise_is_committed_before_its_update(checkout: Path, engine: Engine) -> None:
    stack = ProjectStack(checkout, "prod", branch(checkout))
    stack.converge("ocr", SPLIT, "a rise", back=False)
    assert git(checkout, "log", "-1", "--format=%s") == "a rise"
    assert "canary: {v1.2: 20}" in git(checkout, "show", "HEAD:Pulumi.prod.yaml")
    assert engine.updates == 1


def test_a_rise_waits_for_a_branch_that_cannot_be_written(checkout: Path, engine: Engine) -> None:
    git(checkout, "switch", "--quiet", "--create", "other")
    stack = ProjectStack(checkout, "prod", branch(checkout))
    with pytest.raises(StackError) as raised:
        stack.converge("ocr", SPLIT, "a rise", back=False)
    assert raised.value.waits
    assert engine.updates == 0


def test_going_back_waits_for_no_branch(
    checkout: Path, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    git(checkout, "switch", "--quiet", "--create", "other")
    stack = ProjectStack(checkout, "prod", branch(checkout))
    stack.converge("ocr", Split("v1.1", {"v1.2": 0}), "back", back=True)
    assert engine.updates == 1
    assert "is on other" in caplog.text


def test_a_remote_without_a_branch_is_refused(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run", "ocr", "--to", "v1.2", "--stack", "prod", "--project", str(checkout)]
    assert main([*command, "--push", "origin"]) == 3
    assert "--push: found no --commit-branch" in capsys.readouterr().err
