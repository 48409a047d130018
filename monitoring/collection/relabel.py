"""Relabelings, written once for Prometheus and for its operator, which spell them differently.

https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from infra.config.collection_checks import UNIFORM
from infra.names import MODEL, TRACK, VERSION


@dataclass(frozen=True)
class Relabel:
    """One step. `None` is what is left out."""

    action: str = "replace"
    source: str | None = None
    regex: str | None = None
    target: str | None = None
    replacement: str | None = None

    def to_prometheus(self) -> dict[str, Any]:
        """As `relabel_configs` has it."""
        return self._with_keys("source_labels", "target_label")

    def to_operator(self) -> dict[str, Any]:
        """As `relabelings` has it."""
        return self._with_keys("sourceLabels", "targetLabel")

    def _with_keys(self, source: str, target: str) -> dict[str, Any]:
        found = {
            "action": None if self.action == "replace" else self.action,
            source: None if self.source is None else [self.source],
            "regex": self.regex,
            target: self.target,
            "replacement": self.replacement,
        }
        return {key: value for key, value in found.items() if value is not None}


def service_label(label: str) -> str:
    """What discovery calls a label of the Service in front of a pod."""
    return "__meta_kubernetes_service_label_" + label.translate(str.maketrans("./-", "___"))


def of_models() -> list[Relabel]:
    """From the version's Service: it knows the track, which changes while the pods stay."""
    return [
        # A pod that has ended keeps its address until it is collected.
        Relabel("drop", "__meta_kubernetes_pod_phase", "Failed|Succeeded"),
        Relabel(source="__meta_kubernetes_namespace", target="namespace"),
        Relabel(source="__meta_kubernetes_pod_name", target="pod"),
        Relabel(source=service_label(MODEL), target="model"),
        Relabel(source=service_label(VERSION), target="version"),
        Relabel(source=service_label(TRACK), target="track"),
    ]


def claims_dropped() -> list[Relabel]:
    """Away with what a pod says of itself where the cluster knows better.

    A label that scraping sets is renamed in the pod's answer, from `version` to `exported_version`.
    """
    return [Relabel("labeldrop", regex=f"exported_({'|'.join(UNIFORM)})")]


def only_port(name: str) -> Relabel:
    """Of all ports of an endpoint, this one."""
    return Relabel("keep", "__meta_kubernetes_endpointslice_port_name", name)


def prometheus(steps: Iterable[Relabel]) -> list[dict[str, Any]]:
    """Steps as `relabel_configs`."""
    return [step.to_prometheus() for step in steps]


def operator(steps: Iterable[Relabel]) -> list[dict[str, Any]]:
    """Steps as `relabelings`."""
    return [step.to_operator() for step in steps]
