"""A version is its image: the same name must mean the same content tomorrow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from infra.policy.resource import Resource, Settings

_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


def pinned(resource: Resource, _: Settings) -> Iterator[str]:
    """No image without a tag, and none with the tag `latest`."""
    for container in resource.containers():
        image = str(container.get("image") or "")
        if not _DIGEST.search(image) and ("@" in image or _tag(image) in ("", "latest")):
            yield (
                f"container {container.get('name')}: found image {image or 'none'}; write a tag "
                f"that stays, such as :v1.2, or a whole digest"
            )


def by_digest(resource: Resource, settings: Settings) -> Iterator[str]:
    """In production no registry decides what runs: images are given by digest."""
    if not settings.stack.startswith(settings.digest_stacks):
        return
    for container in resource.containers():
        image = str(container.get("image") or "")
        if not _DIGEST.search(image):
            yield (
                f"container {container.get('name')}: found image {image}; write "
                f"{image.partition('@')[0]}@sha256:…, as `docker buildx imagetools inspect` shows"
            )


def _tag(image: str) -> str:
    # A registry may have a port.
    return image.rpartition("/")[2].partition(":")[2]
