"""Whose an object is, and where it may be."""

from __future__ import annotations

from collections.abc import Iterator

from infra.policy.resource import MODEL, VERSION, Resource, Settings

PROTECTED = ("kube-system", "kube-public", "kube-node-lease", "default")
_MANAGED_BY = "app.kubernetes.io/managed-by"
_NAME = "app.kubernetes.io/name"
# Objects of others, of which a stack owns a few fields.
_PATCHES = "Patch"
_OF_NO_NAMESPACE = (
    "ClusterRole",
    "ClusterRoleBinding",
    "DeviceClass",
    "EC2NodeClass",
    "ECSNodeClass",
    "KWOKNodeClass",
    "Namespace",
    "NodePool",
    "PriorityClass",
)


def labelled(resource: Resource, _: Settings) -> Iterator[str]:
    """Labels by which people, queries and policies find an object are on each of them."""
    if resource.kind.endswith(_PATCHES):
        return
    wanted = [_MANAGED_BY]
    if resource.pod is not None:
        wanted.append(_NAME)
    if MODEL in resource.labels and resource.pod is not None:
        wanted.append(VERSION)
    for label in wanted:
        if not resource.labels.get(label):
            yield f"found no label {label}; write it: people and queries find objects by it"


def elsewhere_than_protected(resource: Resource, _: Settings) -> Iterator[str]:
    """Nothing in a namespace that belongs to the cluster, or to nobody."""
    if resource.kind == "Namespace" and resource.metadata.get("name") in PROTECTED:
        yield f"found namespace {resource.metadata.get('name')}; choose one of your own"
    if resource.kind.endswith(_PATCHES) or resource.kind in _OF_NO_NAMESPACE:
        return
    where = resource.metadata.get("namespace") or "default"
    if where in PROTECTED:
        yield f"found namespace {where}, which is protected; write one of your own"
