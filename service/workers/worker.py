"""One Paddle worker process, as the front sees it."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import wait

from service.errors import StartError, describe_exit
from service.settings import Settings
from service.workers.messages import Ready, Reply, Unable, Work
from service.workers.process import GREW, main
from service.workers.slots import Memory

# spawn: a fork of a process with threads copies their locks in whatever state they are.
_SPAWN = multiprocessing.get_context("spawn")

# Seconds. The first read of the models from a cold network disk can take minutes.
_LOAD_DEADLINE_S = 300.0

# Seconds between the end of a process's pipe and its own.
_EXIT_S = 1.0


class Hung(Exception):
    """The worker did not answer in time."""


class Died(Exception):
    """The worker process ended before it answered."""


class Worker:
    """A worker process. One thread at a time talks to it; any may wait for its end, or kill it.

    Args:
        seat: number of the worker, from 0.
        memory: the slots that requests come in.

    Raises:
        StartError: the system starts no process.
    """

    def __init__(self, settings: Settings, seat: int, memory: Memory) -> None:
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(
            target=main, args=(settings, seat, memory, theirs), name="paddle-worker", daemon=True
        )
        try:
            self._process.start()
        except OSError as error:
            raise StartError(f"no process can be started for a worker: {error.strerror}") from None
        theirs.close()  # so that the end of the process closes the pipe, and `receive` notices
        self._reason = "died"
        self._joining = threading.Lock()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def wait_ready(self) -> Ready:
        """Waits until the handler is loaded and warm.

        Raises:
            StartError: the worker cannot load the model, or died or hung while loading it.
        """
        try:
            if not self._pipe.poll(_LOAD_DEADLINE_S):
                raise StartError(f"the model is not loaded after {_LOAD_DEADLINE_S:g} s")
            reply: Ready | Unable = self._pipe.recv()
        except (EOFError, OSError):
            raise StartError(
                f"the worker process died while loading the model ({describe_exit(self.end())}): "
                "is a model file damaged, or the memory limit too low?"
            ) from None
        if isinstance(reply, Unable):
            raise StartError(reply.message)
        return reply

    def send(self, batch: Sequence[Work]) -> None:
        """Gives it a batch; each request of it is answered once.

        Raises:
            Died: the process has ended.
        """
        try:
            self._pipe.send(list(batch))
        except OSError:
            raise Died from None

    def receive(self, until: float) -> Reply:
        """The next answer.

        Args:
            until: `time.monotonic()` after which it counts as hung.

        Raises:
            Hung: there is none yet.
            Died: the process ended before it answered, or is out of its mind.
        """
        try:
            there = self._pipe.poll(max(0.0, until - time.monotonic()))
            reply: Reply | None = self._pipe.recv() if there else None
        except Exception:  # it has ended, or says what nobody can read
            raise Died from None
        if reply is None:
            raise Hung
        return reply

    def kill(self, reason: str = "died") -> None:
        """Ends the process now; safe from any thread. `end` tells when it is gone."""
        self._reason = reason
        self._process.kill()

    def wait(self) -> str:
        """Waits until the process ends by itself or is killed: died, hung or memory."""
        wait([self._process.sentinel])
        return "memory" if self.end() == GREW else self._reason

    def end(self) -> int | None:
        """Waits for the end of the process, not for long; after it nothing touches the slots.

        Returns:
            its exit code, negative for a signal.
        """
        if not wait([self._process.sentinel], timeout=_EXIT_S):
            self._process.kill()
        with self._joining:  # who comes second would not hear the exit code
            self._process.join()
            return self._process.exitcode
