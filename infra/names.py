"""The names and labels by which objects, people and queries refer to each other."""

from __future__ import annotations

from infra.config import canary_name, object_name

PREFIX = "paddle-canary.dev"
MODEL = f"{PREFIX}/model"
VERSION = f"{PREFIX}/version"
TRACK = f"{PREFIX}/track"
POOL = f"{PREFIX}/pool"
MANAGED_BY = {"app.kubernetes.io/managed-by": "paddle-canary"}

PORT_NAME = "http"
SERVICE_PORT = 80
REGISTRY_SECRET = "registry"

# The provider would wait for endpoints and addresses that a parked version, or a canary Ingress on
# some controllers, never gets. What must be ready before routes change is said by dependencies.
SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
# Objects that own no pods are deleted in one step: of a deletion in two the provider can miss the
# second, and then waits out its ten minutes.
DELETE_AT_ONCE = {"pulumi.com/deletionPropagationPolicy": "background"}
# Who patched a live route owns what he patched, and Kubernetes would refuse the next update. The
# guard has read the live route by then, so that nothing is overwritten unseen.
TAKE_BACK = {"pulumi.com/patchForce": "true"}
# On routes that were found to be other than Pulumi had left them. Pulumi compares with what it did
# itself, and would write nothing where the stack file asks for just that again.
CORRECTED = f"{PREFIX}/corrected"

__all__ = ["canary_name", "object_name"]


def cluster_wide_name(namespace: str, name: str) -> str:
    """Name of an object that belongs to no namespace: it keeps those of two stacks apart."""
    return f"{namespace}-{name}"


def selector(model: str, version: str) -> dict[str, str]:
    """What picks the pods of one version. Deployments cannot change it once they exist."""
    return {MODEL: model, VERSION: version}


def model_labels(model: str) -> dict[str, str]:
    """Labels of an object that belongs to a model as a whole."""
    return {"app.kubernetes.io/name": model, MODEL: model, **MANAGED_BY}


def version_labels(model: str, version: str) -> dict[str, str]:
    """Labels of an object that belongs to one version, and of its pods.

    The track is not among them: it changes at promotion, and a changed pod label restarts pods.
    """
    return {**model_labels(model), "app.kubernetes.io/version": version, VERSION: version}
