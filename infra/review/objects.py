"""Which Kubernetes objects a change creates, updates, replaces and deletes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from infra.isolation import Manifest

Action = Literal["create", "update", "replace", "delete"]

# What the provider deletes and creates anew when it changes, of the kinds that a stack has:
# `forceNew` in pulumi-kubernetes, provider/pkg/provider/diff.go. ConfigMaps are updated in place,
# since Pulumi.yaml sets `enableConfigMapMutable`.
_REPLACED_FOR: Mapping[str, tuple[str, ...]] = {
    "Deployment": ("spec.selector",),
    "StatefulSet": (
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    "ClusterRoleBinding": ("roleRef",),
    "RoleBinding": ("roleRef",),
    "Service": ("spec.clusterIP",),
}


@dataclass(frozen=True)
class ObjectChange:
    """What happens to one object. `fields` are those that differ, of an update or replacement."""

    action: Action
    kind: str
    namespace: str
    name: str
    fields: tuple[str, ...] = ()
    labels: Mapping[str, str] | None = None

    @property
    def restarts(self) -> bool:
        """Whether pods that run now are taken away for others."""
        in_template = any(field.startswith("spec.template") for field in self.fields)
        return self.kind in ("Deployment", "StatefulSet") and (
            self.action == "replace" or (self.action == "update" and in_template)
        )


def object_changes(before: Iterable[Manifest], after: Iterable[Manifest]) -> list[ObjectChange]:
    """Changes in the order of the stack, deletions last, as the engine makes them."""
    old, new = _by_name(before), _by_name(after)
    found = [_change(key, old.get(key), manifest) for key, manifest in new.items()]
    gone = [
        ObjectChange("delete", *key, labels=_labels(manifest))
        for key, manifest in old.items()
        if key not in new
    ]
    return [*(each for each in found if each is not None), *gone]


def _change(
    key: tuple[str, str, str], before: Manifest | None, after: Manifest
) -> ObjectChange | None:
    if before is None:
        return ObjectChange("create", *key, labels=_labels(after))
    fields = tuple(_fields("", before, after))
    if not fields:
        return None
    starts = tuple(_REPLACED_FOR.get(key[0], ()))
    replaced = any(
        field == start or field.startswith(f"{start}.") for field in fields for start in starts
    )
    return ObjectChange("replace" if replaced else "update", *key, fields, _labels(after))


def _by_name(manifests: Iterable[Manifest]) -> dict[tuple[str, str, str], Manifest]:
    return {
        (
            manifest["kind"],
            manifest["metadata"].get("namespace", ""),
            manifest["metadata"]["name"],
        ): manifest
        for manifest in manifests
    }


def _labels(manifest: Manifest) -> Mapping[str, str]:
    found: Mapping[str, str] = manifest["metadata"].get("labels", {})
    return found


def _fields(path: str, before: Any, after: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            inner = f"{path}.{key}" if path else str(key)
            yield from _fields(inner, before.get(key), after.get(key))
    elif before != after:
        yield path
