"""A handler without Paddle, which does as it is told: what is sent is a command."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Iterable
from pathlib import Path

from service.handlers import Handler, Steps
from service.handlers.model import Model
from service.tensors import BYTES, Spec, Tensors, one


class Puppet(Handler):
    """Commands: `say WORD`, `sleep SECONDS`, `grow MEBIBYTES`, `babble`, `die`."""

    inputs = (Spec("command", BYTES, (1,)),)
    outputs = (Spec("word", BYTES, (1,)),)
    networks = {}  # noqa: RUF012

    def __init__(self, model: Model) -> None:
        self._grown: list[bytes] = []

    def answer(self, request: Tensors) -> Steps:
        command, _, word = request["command"][0].decode().partition(" ")
        if command == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        elif command == "babble":  # to the front, as broken memory may do
            for fd in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
                with contextlib.suppress(OSError):
                    socket.socket(fileno=os.dup(fd)).send(b"\0\0\0\4junk")
        elif command == "sleep":
            time.sleep(float(word))
        elif command == "grow":
            self._grown.append(os.urandom(2**20) * int(word))
        return {"word": one(word.encode())}
        yield  # a generator that needs no network

    def samples(self) -> Iterable[Tensors]:
        return ()

    def document(self, answer: Tensors) -> bytes:
        return json.dumps({"lines": [{"text": answer["word"][0].decode()}]}).encode()
