"""Rules between what is collected, by whom, and the rest of the stack."""

from __future__ import annotations

from collections.abc import Iterator

from infra.config.alerting import Alerting
from infra.config.describe import one_of, show
from infra.config.errors import Problem
from infra.config.stack import StackConfig

AT = ("alerting",)
UNIFORM = ("namespace", "model", "version", "track", "pod", "instance", "job")
"""Labels of every series of a model, which nothing else may set."""


def check_collection(config: StackConfig) -> Iterator[Problem]:
    """Find everything that is wrong with where metrics come from and go to."""
    alerting = config.alerting
    if not alerting or not config.owns_alerting:
        return
    if alerting.namespace in config.namespaces:
        yield Problem(
            (*AT, "namespace"),
            f"{show(alerting.namespace)}, where the models are",
            "another namespace: models may not reach what watches them",
        )
    yield from _operator(alerting)
    yield from _storage(alerting)
    if alerting.pool is not None and alerting.pool not in config.node_pools:
        write = f"a pool that nodePools has: {one_of(config.node_pools)}, or remove it"
        yield Problem((*AT, "pool"), show(alerting.pool), write)
    for label in alerting.prometheus.external_labels:
        if label in UNIFORM:
            yield Problem(
                (*AT, "prometheus", "externalLabels", label),
                "a label that every series has already",
                "another name, such as cluster",
            )


def _operator(alerting: Alerting) -> Iterator[Problem]:
    if alerting.mode == "operator" and alerting.operator is None:
        write = "the namespace of its Prometheus as alerting.operator, or embedded"
        yield Problem((*AT, "mode"), "operator without alerting.operator", write)
    if alerting.mode == "embedded" and alerting.operator is not None:
        write = "operator, or remove alerting.operator"
        yield Problem((*AT, "mode"), "embedded with alerting.operator", write)


def _storage(alerting: Alerting) -> Iterator[Problem]:
    prometheus = alerting.prometheus
    if prometheus.storage == "none" and prometheus.storage_class is not None:
        yield Problem(
            (*AT, "prometheus", "storageClass"),
            f"{show(prometheus.storage_class)}, with storage none",
            "a size for storage, or remove it",
        )
