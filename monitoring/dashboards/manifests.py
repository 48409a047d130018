"""The Kubernetes objects by which the dashboards get into Grafana."""

from __future__ import annotations

import json
from typing import Any

from infra.config import StackConfig
from infra.isolation import Manifest
from infra.names import DELETE_AT_ONCE, MANAGED_BY
from monitoring.dashboards import dashboards

_FOLDER = "paddle-canary"


def manifests(config: StackConfig) -> list[Manifest]:
    """A ConfigMap for each dashboard, and what makes Grafana take it; none without `alerting`.

    For a sidecar that is a label on the ConfigMap, for the Grafana operator an object of its own.
    https://github.com/grafana/helm-charts/tree/main/charts/grafana#sidecar-for-dashboards
    https://grafana.github.io/grafana-operator/docs/dashboards/
    """
    if config.alerting is None:
        return []
    namespace, way = config.alerting.namespace, config.alerting.dashboards
    objects: list[Manifest] = []
    for uid, board in dashboards(config).items():
        objects.append(_config_map(namespace, uid, board, sidecar=way == "sidecar"))
        if way == "operator":
            objects.append(_grafana_dashboard(namespace, uid))
    return objects


def _config_map(namespace: str, uid: str, board: dict[str, Any], *, sidecar: bool) -> Manifest:
    label = {"grafana_dashboard": "1"} if sidecar else {}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": uid,
            "namespace": namespace,
            "labels": {**MANAGED_BY, **label},
            "annotations": {**DELETE_AT_ONCE, "grafana_folder": _FOLDER},
        },
        # Lines, so that a preview shows what of a dashboard changes.
        "data": {_file(uid): json.dumps(board, ensure_ascii=False, indent=1)},
    }


def _grafana_dashboard(namespace: str, uid: str) -> Manifest:
    return {
        "apiVersion": "grafana.integreatly.org/v1beta1",
        "kind": "GrafanaDashboard",
        "metadata": {"name": uid, "namespace": namespace, "labels": dict(MANAGED_BY)},
        "spec": {
            # Every Grafana that the operator runs, wherever it is.
            "instanceSelector": {},
            "allowCrossNamespaceImport": True,
            "folder": _FOLDER,
            "configMapRef": {"name": uid, "key": _file(uid)},
        },
    }


def _file(uid: str) -> str:
    return f"{uid}.json"
