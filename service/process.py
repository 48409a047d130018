"""Inside a Paddle worker process: one handler, one thread, one request at a time.

Paddle crashes or answers wrongly when a predictor moves between threads, so everything happens on
the main thread. The process ends when the front's end of the pipe closes, however the front ended.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import signal
import warnings
from multiprocessing.connection import Connection

from service import handlers
from service.errors import RequestError, StartError
from service.messages import Answer, Ready, Refusal, Reply, Unable
from service.settings import Settings


def main(settings: Settings, slot: ctypes.Array[ctypes.c_ubyte], pipe: Connection) -> None:
    """Loads the model, says Ready or Unable, then answers each length until the pipe closes.

    Args:
        slot: the bytes of the request; the front does not touch them until it has the answer.
    """
    # The front decides when a worker ends: a signal to the whole group must not cut a request off.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # One thread per process: with more, the processes only take each other's cores.
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ.setdefault("GLOG_minloglevel", "2")
    warnings.filterwarnings("ignore", message="No ccache found")

    try:
        handler = handlers.load(settings)
        handler.warm_up()
    except StartError as error:
        pipe.send(Unable(str(error)))
        return
    pipe.send(Ready())

    view = memoryview(slot).cast("B")
    while True:
        try:
            length: int = pipe.recv()
        except EOFError:
            return
        pipe.send(_answer(handler, bytes(view[:length])))


def _answer(handler: handlers.Handler, image: bytes) -> Reply:
    try:
        return Answer(json.dumps(handler.answer(image), ensure_ascii=False).encode())
    except RequestError as refused:
        return Refusal(refused.status, refused.message)
    except Exception as error:  # whatever a handler raises is one failed request, not a dead worker
        logging.getLogger(__name__).exception("the handler failed on a request")
        return Refusal(500, f"the handler failed on this request: {type(error).__name__}")
