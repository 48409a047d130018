"""`python -m tests.service.answer < JOBS`: loads models and answers, without front or workers.

Runs in an environment that has paddle. Each line is a job in JSON: {"model": directory, "images":
[paths], "tensors": [{name: nested list}], "env": {...}}; all requests of a job run side by side.
Prints one line of JSON for each job.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from service.errors import StartError
from service.handlers import Handler, stages
from service.handlers.load import load
from service.settings import from_environment
from service.tensors import DATATYPES, Tensors, one


def _run(job: dict[str, Any]) -> dict[str, Any]:
    names = {"MODEL_NAME": "model", "MODEL_VERSION": "v1", "MODEL_DIR": job["model"], "GPUS": "0"}
    settings = from_environment({**names, **job.get("env", {})})
    begun = time.process_time()
    try:
        handler = load(settings, 0)
    except StartError as error:
        return {"unable": str(error)}
    stages.warm_up(handler)
    warm_s = time.process_time() - begun
    requests = [{"image": one(Path(image).read_bytes())} for image in job.get("images", ())]
    requests += [_tensors(handler, lists) for lists in job.get("tensors", ())]
    outcomes: list[dict[str, Any]] = [{}] * len(requests)

    def done(index: int, outcome: Tensors | Exception) -> None:
        if isinstance(outcome, Exception):
            outcomes[index] = {"error": f"{type(outcome).__name__}: {outcome}"}
        else:
            document = json.loads(handler.document(outcome))
            outcomes[index] = {"document": document, "quality": dict(handler.quality(outcome))}

    stages.run(handler, requests, done)
    return {
        "inputs": [[spec.name, spec.datatype, list(spec.shape)] for spec in handler.inputs],
        "outputs": [[spec.name, spec.datatype, list(spec.shape)] for spec in handler.outputs],
        "answers": outcomes,
        "warm_s": warm_s,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _tensors(handler: Handler, lists: dict[str, Any]) -> Tensors:
    types = {spec.name: DATATYPES[spec.datatype] for spec in handler.inputs}
    return {name: np.array(values, types[name]) for name, values in lists.items()}


if __name__ == "__main__":
    for text in sys.stdin:
        print(json.dumps(_run(json.loads(text))), flush=True)
