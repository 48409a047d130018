"""One Paddle worker process, as the front sees it.

A request's bytes travel in shared memory; the pipe carries lengths and answers. Python keeps such
memory in a file that it unlinks on creation, so no exit of any process can leave it behind.
"""

from __future__ import annotations

import ctypes
import multiprocessing
from multiprocessing.connection import wait

from service.errors import RequestError, StartError, describe_exit
from service.messages import Answer, Refusal, Reply, Unable
from service.process import main
from service.settings import Settings

# spawn: a fork of a process with threads copies their locks in whatever state they are.
_SPAWN = multiprocessing.get_context("spawn")

# Seconds. The first read of the models from a cold network disk can take minutes.
_LOAD_DEADLINE_S = 300.0


class WorkerLost(RequestError):
    """The worker died under a request, or did not answer in time and was killed."""


class Worker:
    """A worker process. `run` belongs to one thread at a time; the rest is safe from any."""

    def __init__(self, settings: Settings) -> None:
        self._slot = _SPAWN.RawArray(ctypes.c_ubyte, settings.max_bytes)
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(
            target=main, args=(settings, self._slot, theirs), name="paddle-worker", daemon=True
        )
        self._process.start()
        self._lost = False
        theirs.close()  # so that the end of the process closes the pipe, and `run` notices

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def wait_ready(self) -> None:
        """Waits until the handler is loaded and warm.

        Raises:
            StartError: the worker cannot load the model, or died or hung while loading it.
        """
        try:
            reply = self._receive(_LOAD_DEADLINE_S)
        except EOFError:
            raise StartError(
                f"the worker process died while loading the model ({describe_exit(self.join())}): "
                "is a model file damaged, or the memory limit too low?"
            ) from None
        except TimeoutError:
            self.kill()
            raise StartError(f"the model is not loaded after {_LOAD_DEADLINE_S:g} s") from None
        if isinstance(reply, Unable):
            raise StartError(reply.message)

    def run(self, image: bytes, deadline_s: float) -> bytes:
        """The handler's answer for the bytes of one image, as JSON.

        Raises:
            RequestError: the handler refuses the image, or failed on it and can go on.
            WorkerLost: the same for the client, but this worker is gone.
        """
        memoryview(self._slot).cast("B")[: len(image)] = image
        self._lost = True  # until it has answered
        try:
            self._pipe.send(len(image))
            reply = self._receive(deadline_s)
        except TimeoutError:  # before its base class OSError
            self.kill()
            raise WorkerLost(
                504, f"no result after {deadline_s:g} s; the worker is replaced"
            ) from None
        except (EOFError, OSError):
            raise WorkerLost(500, "the worker process died under this request") from None
        self._lost = False
        if isinstance(reply, Refusal):
            raise RequestError(reply.status, reply.message)
        if not isinstance(reply, Answer):
            raise TypeError(f"the worker said {reply!r} to a request")
        return reply.body

    def _receive(self, deadline_s: float) -> Reply:
        if not self._pipe.poll(deadline_s):
            raise TimeoutError
        reply: Reply = self._pipe.recv()
        return reply

    def alive(self) -> bool:
        """Whether the process still runs and has answered the last request."""
        # Not `is_alive()`: that reaps the process under the thread that is in `join`.
        return not self._lost and not wait([self._process.sentinel], timeout=0)

    def kill(self) -> None:
        """Ends the process now; `join` tells when it is gone."""
        self._process.kill()

    def join(self) -> int | None:
        """Waits for the end of the process; its exit code, negative for a signal."""
        wait([self._process.sentinel])
        self._process.join()
        return self._process.exitcode
