"""The objects that route a model's requests, whatever the data plane."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from infra import http_route, ingress
from infra.config import Model, StackConfig
from infra.guard import Record
from infra.isolation import Manifest
from infra.names import CORRECTED
from infra.split import Split


def routes(config: StackConfig, name: str, corrected: datetime | None = None) -> list[Manifest]:
    """The main and canary Ingress, or the HTTPRoute, of one model, in the order of their change.

    `corrected` is that of the model's record: what it changes makes Pulumi write the routes anew.
    """
    manifests = (
        [http_route.http_route(config, name, config.gateway)]
        if config.gateway is not None
        else [ingress.main_ingress(config, name), ingress.canary_ingress(config, name)]
    )
    if corrected is not None:
        for manifest in manifests:
            metadata = manifest["metadata"]
            metadata["annotations"] = {**metadata["annotations"], CORRECTED: corrected.isoformat()}
    return manifests


def read_split(
    config: StackConfig, name: str, live: Sequence[Mapping[str, Any]], versions: Iterable[str]
) -> Split | None:
    """The split that the live routes of model `name` route; None where it has no route.

    `versions` are those whose Services may be met. Raises LookupError, TypeError or ValueError
    where the routes have a shape that is not ours.
    """
    if not live:
        return None
    if config.data_plane == "ingress":
        return ingress.read_split(name, live, versions)
    return http_route.read_split(live[0], versions)


def must_be_ready(model: Model, last: Record | None) -> set[str]:
    """The versions whose pods must be ready before the routes change.

    Those are the versions that get more than they had, so that nobody is sent to pods that do not
    answer, and those that had no route at all, which testers reach at weight 0. What goes down
    waits for nothing: a roll-back must not stand behind a Deployment that never becomes ready.
    """
    before = None if last is None else last.split
    new_stable = before is None or before.stable != model.stable
    risen = {
        version
        for version, weight in model.canary.items()
        if before is None
        or version not in (before.stable, *before.canary)
        or weight > before.share(version)
    }
    return risen | ({model.stable} if new_stable else set())


def url(config: StackConfig, name: str) -> str:
    """Where the model's `/infer` is reached."""
    model = config.models[name]
    base = config.public_url or f"{'https' if model.tls else 'http'}://{model.host}"
    return base.rstrip("/") + (model.path if model.path != "/" else "")
