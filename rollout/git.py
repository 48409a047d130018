"""Changes of a stack file as commits on a branch, each with the evidence that it was made on.

Nothing but the stack file is committed, and nothing is pushed unless a remote was named.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from infra.split import Split
from rollout.journal import Entry

_IDENTITY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (
        ("NAME", "paddle-canary rollout"),
        # A name that nobody can own: https://www.rfc-editor.org/rfc/rfc2606
        ("EMAIL", "rollout@paddle-canary.invalid"),
    )
}
_SECONDS = 30


class GitError(Exception):
    """The branch could not be written; `str()` names it and says what to do."""


class Branch:
    """The branch that the checkout of a stack file is on, and that takes its changes.

    Args:
        file: the stack file, somewhere in the checkout.
        name: the branch; it must be the one that is checked out.
        remote: where each commit is pushed to; None pushes nothing.
    """

    def __init__(self, file: Path, name: str, remote: str | None = None) -> None:
        self._file, self._name, self._remote = file.absolute(), name, remote

    def objections(self) -> tuple[str, ...]:
        """What stands against the first commit: all of it; empty when nothing does."""
        try:
            self._must_be_on_it()
            dirty = self._git("status", "--porcelain", "--untracked-files=no").splitlines()
        except GitError as error:
            return (str(error),)
        if not dirty:
            return ()
        files = ", ".join(line[3:] for line in dirty)
        return (f"branch {self._name}: found changes of {files}; commit or stash them",)

    def commit(self, message: str) -> None:
        """Commit the stack file as it is, where it differs from the branch, and push.

        Done again after a kill or a failure, it does what is left to do. Raises GitError.
        """
        self._must_be_on_it()
        if self._git("status", "--porcelain", "--", str(self._file)):
            # By its path: what somebody has staged beside it is not ours to commit.
            self._git("commit", "--quiet", "--message", message, "--", str(self._file))
        if self._remote is not None:
            self._git("push", "--quiet", self._remote, f"HEAD:refs/heads/{self._name}")

    def _must_be_on_it(self) -> None:
        found = self._git("branch", "--show-current")
        if found != self._name:
            raise GitError(
                f"branch {self._name}: the checkout of {self._file.name} is on "
                f"{found or 'no branch'}; git switch {self._name}, or git switch --create it"
            )
        tracked = f"{self._name}@{{upstream}}"
        if not self._succeeds("rev-parse", "--verify", "--quiet", tracked):
            return
        behind = int(self._git("rev-list", "--count", f"HEAD..{tracked}"))
        if behind:
            raise GitError(
                f"branch {self._name}: its upstream has {behind} commits that the checkout lacks; "
                f"git pull --rebase, and look at what they change"
            )

    def _git(self, *arguments: str) -> str:
        done = self._run(*arguments)
        if done.returncode:
            words = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise GitError(f"branch {self._name}: git {arguments[0]}: {'; '.join(words[-3:])}")
        return done.stdout.rstrip("\n")

    def _succeeds(self, *arguments: str) -> bool:
        return self._run(*arguments).returncode == 0

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["git", "-C", str(self._file.parent), *arguments]
        try:
            return subprocess.run(
                command,
                env={**os.environ, **_IDENTITY, "GIT_TERMINAL_PROMPT": "0"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GitError(f"branch {self._name}: {error}") from error


def message(model: str, stack: str, split: Split, entry: Entry) -> str:
    """What a commit says: the change in a line, why, by whom, and the judge's evidence."""
    state = entry.state
    lines = [
        f"{model}: {split} ({stack})",
        "",
        f"{state.old} to {state.new}, {state.phase}: {state.reason}",
    ]
    if entry.evidence:
        lines += ["", "Evidence:", json.dumps(entry.evidence, indent=2, ensure_ascii=False)]
    return "\n".join([*lines, "", f"Rollout-Controller: {entry.by}"])
