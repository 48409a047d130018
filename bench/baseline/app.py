"""OCR as a team serves it first: a Flask app with the model in a global.

    MODEL_DIR=... flask --app bench.baseline.app run --port 8000

Flask's server answers each connection in a thread of its own, and all of them share the
predictors. LOCK=1 is what the team tries next: one request at a time, and still in any thread.
"""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

from flask import Flask, Response, request

from bench.handler import reader

app = Flask(__name__)
model = reader(Path(os.environ["MODEL_DIR"]))
one_at_a_time = threading.Lock() if os.environ.get("LOCK") else contextlib.nullcontext()


@app.post("/infer")
def infer() -> Response:
    with one_at_a_time:
        return Response(model(request.get_data()), mimetype="application/json")


@app.get("/health/ready")
def ready() -> str:
    return "ok"
