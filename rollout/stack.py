"""The stack as the rollout drives it: its file stays the truth, and an update makes it real.

Through Pulumi's Automation API on the project's own directory, so that the guard, the policies and
the state are those of everybody else's `pulumi up`.
https://www.pulumi.com/docs/iac/automation-api/
"""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

from pulumi import automation

from infra.config import ConfigErrors, StackConfig, load_file
from infra.split import Split
from rollout.git import Branch, GitError
from rollout.stack_file import StackFileError, change

_LAST_LINES = 12

_log = logging.getLogger(__name__)


class StackError(Exception):
    """An update did not succeed; `str()` is what a person needs of Pulumi's words.

    waits: it is no failure of this update, and ends when somebody has made way: another update
    holds the state, or the branch cannot be written.
    """

    def __init__(self, words: str, waits: bool = False) -> None:
        super().__init__(words)
        self.waits = waits


def stack_file(directory: Path, name: str) -> Path:
    """The file that Pulumi reads for a stack: Pulumi.<stack>.yaml, unless its own option says."""
    chosen = os.environ.get("PULUMI_OPTION_CONFIG_FILE")
    return Path(chosen) if chosen else directory / f"Pulumi.{name}.yaml"


class ProjectStack:
    """One stack of the project in `directory`.

    branch: takes each change of the stack file as a commit; None commits nothing.
    """

    def __init__(self, directory: Path, name: str, branch: Branch | None = None) -> None:
        self._directory, self.name, self._branch = directory, name, branch
        self.file = stack_file(directory, name)
        # Rollouts of several models in one process edit one file, and the engine locks one state.
        self._one_at_a_time = threading.Lock()

    def config(self) -> StackConfig:
        """What the stack file says now. Raises StackError."""
        try:
            return load_file(self.file)
        except (OSError, ConfigErrors) as error:
            raise StackError(f"{self.file}: {error}") from error

    def objections(self) -> tuple[str, ...]:
        """What stands against writing the stack file; empty when nothing does."""
        return () if self._branch is None else self._branch.objections()

    def finish(self) -> None:
        """Wait for the update that is under way; none begins any more in this process."""
        self._one_at_a_time.acquire()

    def converge(self, model: str, split: Split, message: str, *, back: bool) -> None:
        """Make the stack file say `split`, commit it with `message`, and update the stack.

        Going `back` does not wait for a branch that cannot be written. Raises StackError.
        """
        with self._one_at_a_time:
            try:
                change(self.file, model, split)
                self._commit(message, back)
                stack = automation.select_stack(self.name, work_dir=str(self._directory))
                stack.up(color="never", suppress_progress=True, suppress_outputs=True)
            except StackFileError as error:
                raise StackError(str(error)) from error
            except automation.ConcurrentUpdateError as error:
                raise StackError(
                    f"another update of {self.name} holds its state; if none runs: pulumi cancel",
                    waits=True,
                ) from error
            except automation.CommandError as error:
                raise StackError(_essence(str(error))) from error

    def _commit(self, message: str, back: bool) -> None:
        if self._branch is None:
            return
        try:
            self._branch.commit(message)
        except GitError as error:
            if not back:
                raise StackError(str(error), waits=True) from error
            _log.warning("%s; %s is changed all the same, commit it", error, self.file)


def _essence(words: str) -> str:
    """The lines of Pulumi's output that say what went wrong."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "refuse" in line.lower()]
    return "\n".join((errors or lines)[-_LAST_LINES:])
