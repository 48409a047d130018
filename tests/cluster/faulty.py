"""Models that faults are brought to: each with what makes one fault, and its end, seen soon.

Whatever a test waits for is a setting of the stack file: how long a condition holds, how long an
alert goes on after it, how long messages gather.
"""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from infra.config.alerts import CATALOGUE
from local.receipts import receipt
from tests.cluster.stacks import VERSIONS
from tests.cluster.watched import OWNER, alerting

BUSY = "ocr-busy"
EMPTY = "ocr-empty"
SLOW = "ocr-slow"
RETRIED = "ocr-retried"

SOON = {"for": "1s", "keepFiringFor": "15s"}
# Requests per second before the model was hardly reached, as its history says.
USUAL_RATE = 3.2
_SHEET = (4, 4)


def host(model: str) -> str:
    """Where a model answers."""
    return f"{model}.example.com"


def sheet() -> bytes:
    """A page of 16 receipts, which takes most of a second to read; a receipt takes 50 ms."""
    across, down = _SHEET
    single = [Image.open(io.BytesIO(receipt(seed)[0])) for seed in range(across * down)]
    width, height = single[0].size
    page = Image.new("L", (across * width, down * height), "white")
    for place, each in enumerate(single):
        page.paste(each, (place % across * width, place // across * height))
    file = io.BytesIO()
    page.save(file, "PNG")
    return file.getvalue()


def models() -> dict[str, Any]:
    """The `models` of the stack file."""
    # One request at a time, and none may wait: a few large pages, and others are refused.
    refusing = {"v1.1": {**VERSIONS["v1.1"], "env": {"WORKERS": "1", "WAITING": "0"}}}
    # Slow requests end well, however busy the machine is.
    patient = {"v1.1": {**VERSIONS["v1.1"], "env": {"DEADLINE_SECONDS": "30"}}}
    return {
        BUSY: _model(BUSY, refusing, ["HighModelErrorRate"], errorRatio=0.4),
        EMPTY: _model(EMPTY, VERSIONS, ["NoReadyEndpoints"], weight=5),
        SLOW: _model(SLOW, patient, ["HighModelLatency"]),
        RETRIED: _model(
            RETRIED, VERSIONS, ["GatewayErrors", "LowModelQPS"], weight=50, errorRatio=0.25
        ),
    }


def impatient(namespace: str) -> dict[str, Any]:
    """The `alerting` of the dev stack, whose messages wait for each other for half a minute."""
    return alerting(namespace) | {"groupInterval": {"critical": "30s", "warning": "30s"}}


def _model(
    name: str, versions: dict[str, Any], alerts: list[str], weight: float = 0, **slo: float
) -> dict[str, Any]:
    return {
        "host": host(name),
        "owner": OWNER,
        "stable": "v1.1",
        "canary": {"v1.2": weight} if weight else {},
        "versions": versions,
        "isolation": "shared",
        "slo": {"p99": "300ms", "trafficDrop": 0.5, **slo},
        # What else a busy machine does to them is not of interest, and would join their messages.
        "alerts": {
            alert.name: SOON if alert.name in alerts else {"enabled": False}
            for alert in CATALOGUE
            if alert.scope == "model"
        },
    }
