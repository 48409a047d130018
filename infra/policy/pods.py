"""What pods ask for, how they are probed, and what they may do.

https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.policy.resource import Resource, Settings

_SERVERS = ("Deployment", "StatefulSet", "DaemonSet")
_HOST = ("hostNetwork", "hostPID", "hostIPC")


def resources(resource: Resource, _: Settings) -> Iterator[str]:
    """Each container says what it needs, and how much memory it may take."""
    for container in resource.containers():
        given = container.get("resources") or {}
        for part, names in (("requests", ("cpu", "memory")), ("limits", ("memory",))):
            for name in names:
                if not (given.get(part) or {}).get(name):
                    yield (
                        f"container {container.get('name')}: found no resources.{part}.{name}; "
                        f"write one, or the pod takes it from others"
                    )


def probes(resource: Resource, _: Settings) -> Iterator[str]:
    """Each container that serves is probed: routes wait for readiness, liveness ends a hang."""
    if resource.kind not in _SERVERS:
        return
    for container in (resource.pod or {}).get("containers") or ():
        # A helper without a port serves nobody: there is nothing to ask.
        if not container.get("ports"):
            continue
        for probe in ("readinessProbe", "livenessProbe"):
            if not container.get(probe):
                yield f"container {container.get('name')}: found no {probe}; write one"


def restricted(resource: Resource, _: Settings) -> Iterator[str]:
    """Pods that the Pod Security Standard `restricted` admits, with a root that is read-only."""
    pod = resource.pod
    if pod is None:
        return
    for key in _HOST:
        if pod.get(key):
            yield f"found {key}: true; remove it"
    for volume in pod.get("volumes") or ():
        if volume.get("hostPath"):
            yield f"volume {volume.get('name')}: found hostPath; mount a claim or an emptyDir"
    of_pod = pod.get("securityContext") or {}
    for container in resource.containers():
        for wrong in _wrong(of_pod, container.get("securityContext") or {}):
            yield f"container {container.get('name')}: {wrong}"


def token(resource: Resource, _: Settings) -> Iterator[str]:
    """No token of the API in a pod that has no account of its own to need one."""
    pod = resource.pod
    if pod is None:
        return
    own = pod.get("serviceAccountName") not in (None, "", "default")
    if pod.get("automountServiceAccountToken") is not False and not own:
        yield (
            "found a service account token in its pods; write automountServiceAccountToken: "
            "false, or give them an account of their own (serviceAccountName)"
        )


def _wrong(pod: Mapping[str, Any], container: Mapping[str, Any]) -> Iterator[str]:
    def setting(key: str) -> Any:  # noqa: ANN401 - as Kubernetes types it
        return container.get(key, pod.get(key))

    if setting("runAsNonRoot") is not True or setting("runAsUser") == 0:
        yield "may run as root; write securityContext.runAsNonRoot: true, and no runAsUser: 0"
    if (setting("seccompProfile") or {}).get("type") not in ("RuntimeDefault", "Localhost"):
        yield "found no seccomp profile; write seccompProfile: {type: RuntimeDefault}"
    if container.get("privileged"):
        yield "found privileged: true; remove it"
    if container.get("allowPrivilegeEscalation") is not False:
        yield "may gain privileges; write allowPrivilegeEscalation: false"
    capabilities = container.get("capabilities") or {}
    if "ALL" not in (capabilities.get("drop") or ()):
        yield "keeps capabilities; write capabilities: {drop: [ALL]}"
    if set(capabilities.get("add") or ()) - {"NET_BIND_SERVICE"}:
        yield "found added capabilities; remove them"
    if container.get("readOnlyRootFilesystem") is not True:
        yield "may write to its image; write readOnlyRootFilesystem: true, and mount an emptyDir"
