"""One Paddle worker process, as the front sees it."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import wait
from pathlib import Path

from service.errors import StartError, describe_exit
from service.messages import Ready, Reply, Unable, Work
from service.process import main
from service.settings import Settings
from service.slots import Memory

# spawn: a fork of a process with threads copies their locks in whatever state they are.
_SPAWN = multiprocessing.get_context("spawn")

# Seconds. The first read of the models from a cold network disk can take minutes.
_LOAD_DEADLINE_S = 300.0

# Seconds between the end of a process's pipe and its own.
_EXIT_S = 1.0

_PAGE = resource.getpagesize()


class Hung(Exception):
    """The worker did not answer in time."""


class Died(Exception):
    """The worker process ended before it answered."""


class Worker:
    """A worker process. All calls but `kill` come from one thread.

    Args:
        seat: number of the worker, from 0.
        memory: the slots that requests come in.
    """

    def __init__(self, settings: Settings, seat: int, memory: Memory) -> None:
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(
            target=main, args=(settings, seat, memory, theirs), name="paddle-worker", daemon=True
        )
        self._process.start()
        theirs.close()  # so that the end of the process closes the pipe, and `run` notices

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

    def run(
        self, batch: Sequence[Work], deadline_s: float, answered: Callable[[Reply], None]
    ) -> None:
        """Has a batch of requests answered.

        Args:
            answered: called with each reply as it comes.

        Raises:
            Hung: not all are answered after deadline_s.
            Died: the process ended before all were answered.
        """
        end = time.monotonic() + deadline_s
        try:
            self._pipe.send(list(batch))
            for _ in batch:
                if not self._pipe.poll(max(0.0, end - time.monotonic())):
                    raise Hung
                answered(self._pipe.recv())
        except (EOFError, OSError):
            raise Died from None

    def alive(self) -> bool:
        return not wait([self._process.sentinel], timeout=0)

    def memory(self) -> int:
        """Bytes of memory that the process uses."""
        try:
            fields = Path(f"/proc/{self.pid}/statm").read_text().split()
        except OSError:  # it has ended
            return 0
        return int(fields[1]) * _PAGE

    def kill(self) -> None:
        """Ends the process now; safe from any thread. `end` tells when it is gone."""
        self._process.kill()

    def end(self) -> int | None:
        """Waits for the end of the process, not for long; after it nothing touches the slots.

        Returns:
            its exit code, negative for a signal.
        """
        if not wait([self._process.sentinel], timeout=_EXIT_S):
            self._process.kill()
        self._process.join()
        self._pipe.close()
        return self._process.exitcode
