"""The real front over a pool that answers at once, or after PAUSE seconds.

`app` is for any server; `python -m bench.front_server.app` serves it as the container does.
"""

from __future__ import annotations

import os
import time

from flask import Flask

from service.front.app import create_app
from service.front.metrics import Metrics
from service.front.server import Server
from service.settings import from_environment
from service.tensors import BYTES, Spec, Tensors, one
from service.workers.messages import Ready
from service.workers.pool import Result

_NAMES = {"MODEL_NAME": "front", "MODEL_VERSION": "v1", "ACCESS_LOG_SAMPLE": "0"}
_PAUSE_S = float(os.environ.get("PAUSE", "0"))
_SETTINGS = from_environment({**os.environ, **_NAMES})


class _Instant:
    model = Ready((Spec("image", BYTES, (1,)),), (Spec("text", BYTES, (-1,)),), {}, 0.0, 0.0)
    warm = True
    unready = ""

    def run(self, request: Tensors, document: bool) -> Result:
        if _PAUSE_S:
            time.sleep(_PAUSE_S)
        return Result({"document": one(b'{"lines": []}')}, {}, 0.0, 0.0, 1)

    def drain(self) -> None:
        pass

    def stop(self) -> None:
        pass


class _Front(Server):
    def load(self) -> Flask:
        self.pool = _Instant()  # type: ignore[assignment]
        return app


app = create_app(_SETTINGS, _Instant(), Metrics("v1", lambda: 0.0))

if __name__ == "__main__":
    _Front(_SETTINGS).run()
