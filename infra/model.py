"""One version of a model as Kubernetes objects: Deployment, Service, budget, autoscaler."""

from __future__ import annotations

from infra.config import Model, NodePool, StackConfig, Version
from infra.config.version import fewest_pods
from infra.devices import container_claims, devices_of_pod, extended_resources, variables
from infra.isolation import Manifest, container_security, placement, pod_security
from infra.names import (
    DELETE_AT_ONCE,
    PORT_NAME,
    REGISTRY_SECRET,
    SERVICE_PORT,
    SKIP_AWAIT,
    TRACK,
    cluster_wide_name,
    object_name,
    selector,
    version_labels,
)

CONTAINER_PORT = 8000
# The gateway learns of a leaving pod 0.1 to 2 s after the API does (Traefik's throttle): until
# then the pod must go on answering.
PRE_STOP_SECONDS = 5
# preStop, then what the server itself takes to finish the requests inside it.
TERMINATION_SECONDS = 45


def deployment(config: StackConfig, name: str, version_name: str) -> Manifest:
    """The Deployment of one version.

    With an autoscaler, `replicas` is only where it starts: the component ignores later changes.
    """
    model = config.models[name]
    version = model.versions[version_name]
    pool = config.node_pools[version.pool]
    labels = version_labels(name, version_name)
    pod_spec: Manifest = {
        **placement(name, version_name, version.pool, pool, model.isolation == "shared"),
        **devices_of_pod(version, pool),
        "priorityClassName": cluster_wide_name(config.platform, pool.track),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": pod_security(),
        "terminationGracePeriodSeconds": TERMINATION_SECONDS,
        "containers": [_server(name, version_name, version, pool)],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}}],
    }
    if config.registry is not None:
        pod_spec["imagePullSecrets"] = [{"name": REGISTRY_SECRET}]
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": object_name(name, version_name),
            "namespace": config.namespace,
            "labels": labels,
        },
        "spec": {
            "replicas": fewest_pods(version),
            "progressDeadlineSeconds": int(version.ready_timeout.total_seconds()),
            "revisionHistoryLimit": 2,
            # A pod leaves only after its successor is ready: no request meets a missing pod.
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
            },
            "selector": {"matchLabels": selector(name, version_name)},
            "template": {"metadata": {"labels": labels}, "spec": pod_spec},
        },
    }


def service(config: StackConfig, name: str, version_name: str) -> Manifest:
    """The Service of one version. It carries the track, which changes at promotion, for scrapes."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": object_name(name, version_name),
            "namespace": config.namespace,
            "labels": {
                **version_labels(name, version_name),
                TRACK: track(config.models[name], version_name),
            },
            "annotations": {**SKIP_AWAIT, **DELETE_AT_ONCE},
        },
        "spec": {
            "type": "ClusterIP",
            "selector": selector(name, version_name),
            "ports": [{"name": PORT_NAME, "port": SERVICE_PORT, "targetPort": PORT_NAME}],
        },
    }


def disruption_budget(config: StackConfig, name: str, version_name: str) -> Manifest:
    """How many pods of one version a node drain may take at a time.

    A version's only pod is never taken. Stable answers for a canary that has no endpoints, but
    until its last pod is gone Traefik answers 503 for its share, and the pod takes seconds to
    finish (https://github.com/traefik/traefik/issues/12417). `replicas: 0` lets a node go.
    """
    version = config.models[name].versions[version_name]
    pods = fewest_pods(version)
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {
            "name": object_name(name, version_name),
            "namespace": config.namespace,
            "labels": version_labels(name, version_name),
            "annotations": DELETE_AT_ONCE,
        },
        "spec": {
            "maxUnavailable": 1 if pods > 1 else 0,
            "selector": {"matchLabels": selector(name, version_name)},
            # A pod that never became ready must not keep a node from being drained.
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }


def autoscaler(config: StackConfig, name: str, version_name: str) -> Manifest | None:
    """The autoscaler of one version, None where it has a fixed number of replicas."""
    scale = config.models[name].versions[version_name].autoscale
    if scale is None:
        return None
    target = object_name(name, version_name)
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {
            "name": target,
            "namespace": config.namespace,
            "labels": version_labels(name, version_name),
            "annotations": DELETE_AT_ONCE,
        },
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": target},
            "minReplicas": scale.min,
            "maxReplicas": scale.max,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": scale.cpu},
                    },
                }
            ],
        },
    }


def track(model: Model, version_name: str) -> str:
    """`stable`, or `canary` for every other version: what is not stable yet, or not any more."""
    return "stable" if version_name == model.stable else "canary"


def _server(name: str, version_name: str, version: Version, pool: NodePool) -> Manifest:
    return {
        "name": "server",
        "image": version.image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"name": PORT_NAME, "containerPort": CONTAINER_PORT}],
        "env": [
            {"name": key, "value": value}
            for key, value in _environment(name, version_name, version, pool).items()
        ],
        "resources": _resources(version, pool),
        # Loading and warming a large model takes minutes; the other probes start after it.
        "startupProbe": _probe("startup", period=2, failures=300),
        # A pod that is only slow must not be taken out: its load would fall on the others. One that
        # ends or dies leaves without a probe.
        "readinessProbe": _probe("ready", period=2, failures=5),
        "livenessProbe": _probe("live", period=10, failures=3),
        "lifecycle": {"preStop": {"sleep": {"seconds": PRE_STOP_SECONDS}}},
        "securityContext": container_security(),
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }


def _environment(name: str, version_name: str, version: Version, pool: NodePool) -> dict[str, str]:
    given = {"MODEL_NAME": name, "MODEL_VERSION": version_name}
    return {**given, **variables(version, pool), **version.env}


def _resources(version: Version, pool: NodePool) -> Manifest:
    wanted = version.resources
    # No CPU limit: throttling turns a busy second into a slow one for every request.
    limits = {
        "memory": wanted.memory,
        "ephemeral-storage": "512Mi",
        **extended_resources(version, pool),
    }
    requests = {"cpu": wanted.cpu, **limits}
    return {"requests": requests, "limits": limits, **container_claims(version, pool)}


def _probe(kind: str, period: int, failures: int) -> Manifest:
    return {
        "httpGet": {"path": f"/health/{kind}", "port": PORT_NAME},
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }
