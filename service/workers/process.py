"""Inside a Paddle worker process: one handler, one thread, one batch at a time.

Paddle crashes or answers wrongly when a predictor moves between threads, so everything happens on
the main thread. The process ends when the front's end of the pipe closes, however the front ended,
and when it has grown too large.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import time
import warnings
from multiprocessing.connection import Connection
from pathlib import Path

from service import logs
from service.errors import RequestError, StartError
from service.handlers import Handler, stages
from service.settings import Settings
from service.tensors import Tensors, TooLarge, one, pack, unpack
from service.workers.messages import Answer, Ready, Refusal, Reply, Unable, Work
from service.workers.slots import Memory

_log = logging.getLogger(__name__)

GREW = 75
"""Exit code of a worker that uses more memory than it may."""

_PAGE = resource.getpagesize()


def main(settings: Settings, seat: int, memory: Memory, pipe: Connection) -> None:
    """Loads the model, says Ready or Unable, then answers batches until the pipe closes.

    Args:
        seat: number of this worker; tells which GPU is its own.
        memory: the slots with requests, which the front leaves alone until they are answered.
    """
    # The front decides when a worker ends: a signal to the whole group must not cut a request off.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Read when paddle is imported, by the libraries below it.
    os.environ["OMP_NUM_THREADS"] = str(settings.engine.threads)
    os.environ.setdefault("GLOG_minloglevel", "2")
    logs.configure(settings.model, settings.version)
    warnings.filterwarnings("ignore", message="No ccache found")

    try:
        handler, ready = _prepared(settings, seat)
    except StartError as error:
        pipe.send(Unable(str(error)))
        return
    pipe.send(ready)

    try:
        while True:
            _answer(handler, pipe.recv(), memory, pipe)
            if _memory() > settings.worker_memory:
                os._exit(GREW)  # a request that is just being sent goes to another worker
    except (EOFError, BrokenPipeError):
        return  # the front is gone


def _memory() -> int:
    """Bytes that this process uses."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def _prepared(settings: Settings, seat: int) -> tuple[Handler, Ready]:
    # Imported here: the front reads this module too, and must stay free of paddle.
    from service.handlers.load import load  # noqa: PLC0415

    begun = time.monotonic()
    handler = load(settings, seat % max(1, settings.engine.gpus))
    loaded = time.monotonic()
    try:
        stages.warm_up(handler)
    except StartError:
        raise
    except Exception as error:
        _log.exception("the handler failed on its own warm-up samples")
        raise StartError(
            f"the handler fails on its own warm-up samples: {type(error).__name__}: {error}"
        ) from None
    used = _memory()
    if used > settings.worker_memory:
        raise StartError(
            f"a worker has {used // 2**20} MiB when it is warm, and may have "
            f"{int(settings.worker_memory) // 2**20} (WORKER_MEMORY_MB, or its share of the "
            "container's limit); every request would end it"
        )
    ready = Ready(
        tuple(handler.inputs),
        tuple(handler.outputs),
        dict(handler.signals),
        load_s=loaded - begun,
        warm_s=time.monotonic() - loaded,
    )
    return handler, ready


def _answer(handler: Handler, batch: list[Work], memory: Memory, pipe: Connection) -> None:
    for work in batch:
        memory.mark(work.slot, begun=True)
    requests = [unpack(work.tensors, memory.block(work.slot)) for work in batch]

    def done(index: int, outcome: Tensors | Exception) -> None:
        work = batch[index]
        pipe.send(_reply(handler, work, outcome, memory.block(work.slot)))

    stages.run(handler, requests, done)


def _reply(handler: Handler, work: Work, outcome: Tensors | Exception, block: memoryview) -> Reply:
    try:
        if isinstance(outcome, Exception):
            return _refusal(work, outcome)
        outputs = {"document": one(handler.document(outcome))} if work.document else outcome
        return Answer(work.slot, pack(outputs, block), stages.quality(handler, outcome))
    except Exception as error:  # whatever a handler raises is one failed request, no dead worker
        return _refusal(work, error)


def _refusal(work: Work, error: Exception) -> Refusal:
    if isinstance(error, RequestError):
        return Refusal(work.slot, error.status, error.message)
    if isinstance(error, TooLarge):
        size = f"the answer has {error.needed} bytes; at most {error.there} go out (MAX_BYTES)"
        return Refusal(work.slot, 500, size)
    _log.error("the handler failed on a request", exc_info=error)
    return Refusal(work.slot, 500, f"the handler failed on this request: {type(error).__name__}")
