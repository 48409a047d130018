"""Series as they are scraped from pods, gateway, exporter and GPUs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

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


class Model(NamedTuple):
    """A model that alerts are tested with: labels of its series, and the team that owns it."""

    name: str
    owner: str
    model: dict[str, str]
    v1: dict[str, str]
    v2: dict[str, str]
    links: dict[str, str]

    def labels(self, severity: str) -> dict[str, str]:
        """What every alert about the model has."""
        return {"severity": severity, "owner": self.owner}

    def silent(self, of: Mapping[str, str]) -> list[dict[str, str]]:
        """Series that must raise nothing, by labels like those of this model."""
        return [{**of, "namespace": ELSEWHERE}, {**of, "model": "quiet"}]

    def says(self, alert: str, **texts: str) -> dict[str, str]:
        """All annotations of an alert."""
        return {**texts, **self.links, "runbook": f"https://runbooks.example.com/{alert}.md"}


def _model(name: str, owner: str) -> Model:
    labels = {"namespace": NAMESPACE, "model": name}
    board = "https://grafana.example.com/d/paddle-canary-canary"
    return Model(
        name,
        owner,
        labels,
        {**labels, "version": "v1"},
        {**labels, "version": "v2"},
        {"dashboard": f"{board}?var-namespace={NAMESPACE}&var-model={name}"},
    )


COMMON = _model("ocr", "vision")
"""Leaves all alerts as they are, and so shares its rules with others."""

TUNED = _model("layout", "platform")
"""Has objectives and tunings of its own, and so a rule of its own of each alert."""

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


def alike(
    all_labels: Iterable[Mapping[str, str]], samples: Mapping[str, Values]
) -> dict[str, Values]:
    """The same samples, by metric, for series with each of these labels."""
    return {
        series(name, **labels): values for labels in all_labels for name, values in samples.items()
    }
