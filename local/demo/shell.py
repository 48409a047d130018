"""Runs a release engineer's commands and shows them, so that they can be repeated by hand."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.environment import of_shell

# Of what `pulumi up` prints, the ends of its steps; progress would be forty lines a minute.
_DONE = re.compile(r"^ [-+~]{1,2} +(?! |pulumi:pulumi:Stack).*\b(created|updated|deleted)\b")
_ERROR = re.compile(r"^ +error: (?!an unhandled error)")
_REASON = re.compile(r"^ {6,}\S")
_SUMMARY = re.compile(r"^ +([-+~] )?\d+ (created|updated|deleted|unchanged)")


class CommandError(Exception):
    """A command ended otherwise than the story needs; the message has all that it said."""


@dataclass(frozen=True)
class Shell:
    """A shell after `eval "$(python -m local env)"`, in the checkout."""

    environment: Mapping[str, str]
    directory: Path

    @classmethod
    def of_instance(cls, name: str, directory: Path, **more: str) -> Shell:
        """`more` are further variables. Raises CalledProcessError if the instance is not up."""
        return cls({**of_shell(name), **more}, directory)

    def run(self, command: str, *, refused: bool = False) -> str:
        """Print `command`, run it, print what matters of its output, and return all of it.

        Raises CommandError when it fails, or does not fail though it has to be `refused`.
        """
        print(f"  $ {command}", flush=True)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if bool(done.returncode) != refused:
            wrong = "was not refused" if refused else f"ended with status {done.returncode}"
            raise CommandError(f"`{command}` {wrong}:\n{done.stdout.strip()}")
        lines = done.stdout.splitlines()
        for line in essence(lines) if command.startswith("pulumi") else lines:
            print(f"    {line.strip() if not _REASON.match(line) else line[4:]}", flush=True)
        return done.stdout

    def follow(self, command: str, status: int) -> None:
        """Print `command` and, as they come, the lines of its output.

        Raises CommandError when it ends with another exit status.
        """
        print(f"  $ {command}", flush=True)
        with self._start(command, subprocess.PIPE) as process:
            for line in process.stdout or ():
                print(f"    {line.rstrip()}", flush=True)
        if process.returncode != status:
            raise CommandError(f"`{command}` ended with status {process.returncode}")

    @contextmanager
    def beside(self, command: str) -> Iterator[None]:
        """Print `command`, which serves until the end of the block."""
        print(f"  $ {command} &", flush=True)
        with self._start(f"exec {command}", subprocess.DEVNULL) as process:
            try:
                yield
            finally:
                process.terminate()

    def _start(self, command: str, output: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["bash", "-c", command],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )


def essence(lines: list[str]) -> list[str]:
    """The lines of a pulumi command's output that say what it did, or why it did not."""
    kept: list[str] = []
    in_error = False
    for line in lines:
        # A refusal is repeated with its reasons below `Diagnostics:`.
        begins = bool(_ERROR.match(line))
        in_error = begins or (in_error and bool(_REASON.match(line)))
        if in_error or _DONE.match(line) or _SUMMARY.match(line):
            kept.append(line)
    return kept
