"""The stack as the rollout drives it: its file stays the truth, and an update makes it real.

Through Pulumi's Automation API on the project's own directory, so that the guard, the policies and
the state are those of everybody else's `pulumi up`.
https://www.pulumi.com/docs/iac/automation-api/
"""

from __future__ import annotations

import os
from pathlib import Path

from pulumi import automation

from infra.config import ConfigErrors, StackConfig, load_file
from infra.split import Split
from rollout.stack_file import StackFileError, change

_LAST_LINES = 12


class StackError(Exception):
    """An update did not succeed; `str()` is what a person needs of Pulumi's words.

    locked: somebody else's update holds the state.
    """

    def __init__(self, words: str, locked: bool = False) -> None:
        super().__init__(words)
        self.locked = locked


def stack_file(directory: Path, name: str) -> Path:
    """The file that Pulumi reads for a stack: Pulumi.<stack>.yaml, unless its own option says."""
    chosen = os.environ.get("PULUMI_OPTION_CONFIG_FILE")
    return Path(chosen) if chosen else directory / f"Pulumi.{name}.yaml"


class ProjectStack:
    """One stack of the project in `directory`."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory, self._name = directory, name
        self.file = stack_file(directory, name)

    def config(self) -> StackConfig:
        """What the stack file says now. Raises StackError."""
        try:
            return load_file(self.file)
        except (OSError, ConfigErrors) as error:
            raise StackError(f"{self.file}: {error}") from error

    def converge(self, model: str, split: Split) -> None:
        """Make the stack file say `split`, and update the stack. Raises StackError."""
        try:
            change(self.file, model, split)
            stack = automation.select_stack(self._name, work_dir=str(self._directory))
            stack.up(color="never", suppress_progress=True, suppress_outputs=True)
        except StackFileError as error:
            raise StackError(str(error)) from error
        except automation.ConcurrentUpdateError as error:
            raise StackError(
                f"another update of {self._name} holds its state; if none runs: pulumi cancel",
                locked=True,
            ) from error
        except automation.CommandError as error:
            raise StackError(_essence(str(error))) from error


def _essence(words: str) -> str:
    """The lines of Pulumi's output that say what went wrong."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() or "refuse" in line.lower()]
    return "\n".join((errors or lines)[-_LAST_LINES:])
