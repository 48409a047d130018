"""What the pods of monitoring have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.config import StackConfig
from infra.isolation import (
    Manifest,
    accelerator_taint,
    container_security,
    pod_security,
    pool_toleration,
)
from infra.names import DELETE_AT_ONCE, POOL, REGISTRY_SECRET, SKIP_AWAIT, TAKE_BACK
from monitoring.collection.names import CONFIGURATION, PORT_NAME, PORTS, labels, selector
from monitoring.secret_files import DIRECTORY
from monitoring.stack import alerting_of

DATA = "data"
# Of a container that writes nothing but small temporary files, and of one whose data has no volume.
_SCRATCH = "256Mi"
WITHOUT_VOLUME = "4Gi"


@dataclass(frozen=True)
class Volume:
    """A volume and where it is mounted.

    One without a source is made for each pod of a StatefulSet by itself.
    """

    name: str
    path: str
    source: Manifest | None = None
    writable: bool = False


def data(path: str) -> Volume:
    """What a part keeps."""
    return Volume(DATA, path, writable=True)


def configuration(name: str) -> Volume:
    """The part's ConfigMap. The kubelet renews the files of a running pod within two minutes."""
    return Volume("configuration", f"{CONFIGURATION}/{name}", {"configMap": {"name": name}})


def secrets(name: str) -> Volume:
    """The part's Secret, of which only its own group reads."""
    source = {"secret": {"secretName": f"{name}-secrets", "defaultMode": 0o440}}
    return Volume("secrets", DIRECTORY, source)


def container(
    name: str,
    image: str,
    command: Sequence[str],
    volumes: Sequence[Volume],
    *,
    cpu: str,
    memory: str,
) -> Manifest:
    """A container with what `restricted` admits. Like those of models it has no limit of CPU."""
    limits = {"memory": memory, "ephemeral-storage": _SCRATCH}
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": list(command),
        "resources": {"requests": {"cpu": cpu, **limits}, "limits": limits},
        "securityContext": container_security(),
        "volumeMounts": [
            {"name": each.name, "mountPath": each.path, "readOnly": not each.writable}
            for each in volumes
        ],
    }


def serving(part: str, started: Manifest, *, ready: str, live: str) -> Manifest:
    """A container that listens on the port of its part, with probes on two paths of it."""
    return {
        **started,
        "ports": [{"name": PORT_NAME, "containerPort": PORTS[part]}],
        # Prometheus replays its log first, which takes minutes.
        "startupProbe": _probe(ready, period=2, failures=450),
        "readinessProbe": _probe(ready, period=5, failures=3),
        "livenessProbe": _probe(live, period=15, failures=4),
    }


def template(
    config: StackConfig,
    name: str,
    containers: Sequence[Manifest],
    volumes: Sequence[Volume],
    *,
    account: str | None = None,
    annotations: Mapping[str, str] | None = None,
) -> Manifest:
    """The pods of one part. Only those with an `account` get a token for the API server."""
    alerting = alerting_of(config)
    spec: Manifest = {
        "automountServiceAccountToken": account is not None,
        "enableServiceLinks": False,
        "priorityClassName": alerting.namespace,
        "securityContext": pod_security(),
        "containers": list(containers),
        "volumes": [{"name": each.name, **each.source} for each in volumes if each.source],
    }
    if account is not None:
        spec["serviceAccountName"] = account
    if config.registry is not None:
        spec["imagePullSecrets"] = [{"name": REGISTRY_SECRET}]
    if alerting.pool is not None:
        spec["nodeSelector"] = {POOL: alerting.pool}
        spec["tolerations"] = [pool_toleration(alerting.pool)]
        taint = accelerator_taint(config.node_pools[alerting.pool])
        if taint is not None:
            spec["tolerations"].append({"key": taint, "operator": "Exists"})
    metadata: Manifest = {"labels": labels(name)}
    if annotations:
        metadata["annotations"] = dict(annotations)
    return {"metadata": metadata, "spec": spec}


def stateful_set(
    config: StackConfig, name: str, pods: Manifest, size: str, replicas: int = 1
) -> Manifest:
    """A part that keeps something: in a volume, or with its pod where there are no volumes."""
    prometheus = alerting_of(config).prometheus
    spec: Manifest = {
        "replicas": replicas,
        "serviceName": name,
        "podManagementPolicy": "Parallel",
        "selector": {"matchLabels": selector(name)},
        "template": pods,
    }
    if prometheus.storage == "none":
        empty = {"sizeLimit": WITHOUT_VOLUME}
        pods["spec"]["volumes"].append({"name": DATA, "emptyDir": empty})
        keeper = pods["spec"]["containers"][0]["resources"]
        keeper["limits"] = {**keeper["limits"], "ephemeral-storage": WITHOUT_VOLUME}
    else:
        spec["volumeClaimTemplates"] = [claim(size, prometheus.storage_class)]
    return _workload(config, "StatefulSet", name, spec)


def deployment(config: StackConfig, name: str, pods: Manifest, replicas: int = 1) -> Manifest:
    """A part that keeps nothing."""
    spec = {"replicas": replicas, "selector": {"matchLabels": selector(name)}, "template": pods}
    return _workload(config, "Deployment", name, spec)


def service(config: StackConfig, name: str, ports: Mapping[str, int] | None = None) -> Manifest:
    """The names under which the pods of a part are found, each by itself.

    Alertmanagers look for each other before they are ready.
    """
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(config, name, {**SKIP_AWAIT, **DELETE_AT_ONCE}),
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": selector(name),
            "ports": [
                {"name": each, "port": number, "targetPort": each}
                for each, number in (ports or {PORT_NAME: PORTS[name]}).items()
            ],
        },
    }


def _workload(config: StackConfig, kind: str, name: str, spec: Manifest) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        # What an update that was killed has left is taken up, whatever has changed since.
        "metadata": _metadata(config, name, TAKE_BACK),
        "spec": spec,
    }


def _metadata(config: StackConfig, name: str, annotations: Mapping[str, str]) -> Manifest:
    return {
        "name": name,
        "namespace": alerting_of(config).namespace,
        "labels": labels(name),
        "annotations": dict(annotations),
    }


def claim(size: str, storage_class: str | None) -> Manifest:
    spec: Manifest = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": size}},
    }
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    return {"metadata": {"name": DATA}, "spec": spec}


def _probe(path: str, period: int, failures: int) -> Manifest:
    return {
        "httpGet": {"path": path, "port": PORT_NAME},
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }
