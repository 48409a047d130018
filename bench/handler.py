"""The OCR handler, called directly. Runs in the serving container's environment.

Everything of `bench` that calls into the serving code goes through here.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from service.handlers import stages
from service.handlers.load import load
from service.settings import from_environment


def reader(models: Path) -> Callable[[bytes], bytes]:
    """A function from an image file to the JSON that the service would answer.

    It holds one set of predictors, is warm, and must not be called by two threads at one time.

    Raises:
        StartError: the models in that directory cannot be loaded.
    """
    names = {"MODEL_NAME": "ocr", "MODEL_VERSION": "raw", "MODEL_DIR": str(models)}
    handler = load(from_environment({**os.environ, **names}), 0)

    def read(image: bytes) -> bytes:
        answer = stages.run_one(handler, {"image": np.array([image], dtype=object)})
        return handler.document(answer)

    stages.warm_up(handler)
    return read
