"""The controllers of a release, as a supervisor runs them: what ends too early begins again."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench.chaos import parts
from tests.cluster.rollouts import rollout, start
from tests.cluster.stacks import ROOT, Stack, kill_session, of_session

_AGAIN_SECONDS = 1.0
_LOCKED = "pulumi cancel"
_SHOWN_LINES = 3


class Controllers:
    """Processes of `python -m rollout run`, for one release of one model.

    Args:
        done: whether the release has ended, as its journal says.
        log: what they say.
    """

    def __init__(
        self, stack: Stack, model: str, version: str, done: Callable[[], bool], log: Path
    ) -> None:
        self._stack, self._order, self._done = stack, ("run", model, "--to", version), done
        self._log = log
        self._running: list[subprocess.Popen[bytes]] = []
        self._excused: set[int] = set()
        self._sessions: list[int] = []
        self._due: float | None = None
        self._heard = 0
        self._lock = threading.RLock()
        self.fell: list[str] = []
        """Last words of those that ended by themselves before the release did."""
        self.cancelled = 0
        """How often a person had to say that an update which held the state is dead."""

    @property
    def started(self) -> int:
        return len(self._sessions)

    def start(self) -> None:
        """Start one, whether another runs or not."""
        with self._lock:
            process = start(self._stack, *self._order, log=self._log)
            self._running.append(process)
            self._sessions.append(process.pid)

    def look(self) -> bool:
        """Start again what has ended too early; False when the release is over and all are gone."""
        with self._lock:
            for process in [each for each in self._running if each.poll() is not None]:
                self._running.remove(process)
                if process.pid not in self._excused and not self._soon_done():
                    self.fell.append(f"status {process.returncode}: {self._last_words()}")
            if not self._running:
                if self._done():
                    return False
                self._due = self._due or time.monotonic() + _AGAIN_SECONDS
                if time.monotonic() >= self._due:
                    self._due = None
                    self.start()
        self._unlock()
        return True

    def kill(self, *, updates: bool) -> bool:
        """SIGKILL to the one that was started last; `updates` kills what it has started, too."""
        with self._lock:
            process = self._last()
            if process is None:
                return False
            self._excused.add(process.pid)
            os.kill(process.pid, signal.SIGKILL)
            if updates:
                kill_session(process.pid)
            return True

    def freeze(self, seconds: float) -> bool:
        """Stop the last one with all that it has started; another is started meanwhile."""
        with self._lock:
            process = self._last()
            if process is None:
                return False
            self._excused.add(process.pid)
            frozen = of_session(process.pid)
            self.start()
        parts.freeze(frozen, seconds)
        return True

    def abort(self) -> None:
        """Say what a person says to a release that is held for too long."""
        subprocess.run(
            rollout(self._stack, "abort", self._order[1]),
            cwd=ROOT,
            env=self._stack.environment,
            check=False,
        )

    def end(self) -> None:
        """Kill whatever is left."""
        for session in self._sessions:
            kill_session(session)
        for process in self._running:
            process.wait()

    def _soon_done(self) -> bool:
        """The end is seen a little later than it is written."""
        if not self._done():
            time.sleep(_AGAIN_SECONDS)
        return self._done()

    def _last(self) -> subprocess.Popen[bytes] | None:
        """The newest that runs."""
        alive = [each for each in self._running if each.poll() is None]
        return alive[-1] if alive else None

    def _unlock(self) -> None:
        """What the controller asks a person for: `pulumi cancel`, once no update runs any more."""
        said = self._log.read_text()[self._heard :]
        if _LOCKED not in said:
            return
        running = of_session(*self._sessions)
        lines = [parts.command(pid).replace("\0", " ") for pid in running]
        if not any("pulumi" in line and " up " in line for line in lines):
            self._stack.pulumi("cancel", "--yes")
            self.cancelled += 1
            self._heard = len(self._log.read_text())

    def _last_words(self) -> str:
        lines = self._log.read_text().splitlines()
        return " | ".join(lines[-_SHOWN_LINES:])
