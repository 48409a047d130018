"""Structured logs: one JSON object a line on standard error, without bodies and headers."""

from __future__ import annotations

import json
import logging
import random
import sys
import time
from collections.abc import Mapping
from typing import Any

_access = logging.getLogger("service.access")

# gunicorn's complaints take the same way as ours.
GUNICORN: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"gunicorn.error": {"handlers": [], "propagate": True, "level": "WARNING"}},
}


class _Json(logging.Formatter):
    def __init__(self, common: Mapping[str, str]) -> None:
        super().__init__()
        self._common = common

    def format(self, record: logging.LogRecord) -> str:
        seconds, milliseconds = time.gmtime(record.created), int(record.msecs)
        line = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', seconds)}.{milliseconds:03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **self._common,
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configure(model: str, version: str) -> None:
    """Sends all logs of this process to standard error; warnings and above, and access lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json({"model": model, "version": version}))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    _access.setLevel(logging.INFO)


def chosen(sample: float, status: int) -> bool:
    """Whether an answer is logged: each 5xx, and of all others the fraction `sample`."""
    return status >= 500 or random.random() < sample  # noqa: S311 - no secret


def access(**fields: object) -> None:
    """Logs one answer."""
    _access.info("answered", extra={"fields": fields})
