"""Series as they are scraped from pods, gateway, exporter and GPUs."""

from __future__ import annotations

from collections.abc import Mapping

from tests.promtool.scenario import Values, series

NAMESPACE = "paddle-models"
OCR = {"namespace": NAMESPACE, "model": "ocr"}
OCR1 = {**OCR, "version": "v1"}
OCR2 = {**OCR, "version": "v2"}
LAYOUT = {"namespace": NAMESPACE, "model": "layout"}
LAYOUT1 = {**LAYOUT, "version": "v1"}
LAYOUT2 = {**LAYOUT, "version": "v2"}
QUIET = {"namespace": NAMESPACE, "model": "quiet"}
QUIET1 = {**QUIET, "version": "v1"}
QUIET2 = {**QUIET, "version": "v2"}
ELSEWHERE = "models-of-another-stack"

EXPORTER = {"job": "paddle-canary-exporter", "instance": "exporter"}


def pod(labels: Mapping[str, str], name: str = "a", job: str = "paddle-models") -> dict[str, str]:
    """The labels of one pod's series."""
    return {"job": job, **labels, "track": "stable", "pod": name, "instance": f"{name}:8000"}


def requests(of: Mapping[str, str], samples: Values) -> dict[str, Values]:
    """Requests that a pod has counted."""
    return {series("paddle_model_requests_total", **of): samples}


def errors(of: Mapping[str, str], samples: Values) -> dict[str, Values]:
    """Errors that a pod has counted."""
    return {series("paddle_model_errors_total", **of): samples}


def buckets(of: Mapping[str, str], samples: Mapping[str, Values]) -> dict[str, Values]:
    """Buckets of a pod's latency, cumulative, by upper bound."""
    name = "paddle_model_latency_seconds_bucket"
    return {series(name, **of, le=le): values for le, values in samples.items()}


def weight(of: Mapping[str, str], track: str, samples: Values) -> dict[str, Values]:
    """The weight that the live route gives a version, in percent."""
    return {series("paddle_canary_weight", **EXPORTER, **of, track=track): samples}


def endpoints(of: Mapping[str, str], track: str, samples: Values) -> dict[str, Values]:
    """Ready pods of a version."""
    return {series("paddle_canary_ready_endpoints", **EXPORTER, **of, track=track): samples}


def recorded(name: str, of: Mapping[str, str], samples: Values) -> dict[str, Values]:
    """A series that a rule of another group would have recorded."""
    return {series(name, **of): samples}
