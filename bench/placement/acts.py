"""What must happen when there is no room: a canary waits and says for what, stable stays."""

from __future__ import annotations

from collections.abc import Mapping

from bench.placement.driver import DEPLOYMENTS, EVENTS, Driver
from bench.placement.fleet import CANARY, STABLE, Values, kind_of, model_with_canary
from bench.placement.world import World
from infra.names import object_name
from local.simulated.client import Client
from local.simulated.waiting import wait_until

_SECONDS = 300.0


class UnmetError(Exception):
    """Something that must happen did not."""


def full_pool(driver: Driver, world: World, values: Values) -> str:
    """More canaries than their pool has cards: the message of one that waits.

    Raises:
        UnmetError: none waits and says so, or a stable pod is not where it was.
    """
    model = model_with_canary("card")
    deployment = object_name(model, CANARY)
    pool = values["models"][model]["versions"][CANARY]["pool"]
    before = _stable(world)
    driver.scale(deployment, _cards(values, pool) + 1)
    told = _first_message(driver.client, deployment, "FailedScheduling", "Insufficient")
    world.settle(1, 30)
    waiting = [pod for pod in world.pods() if pod.model == model and pod.node is None]
    if not waiting:
        raise UnmetError(f"{deployment}: more pods than cards, and none of them waits")
    _compare(before, _stable(world))
    _scale_back(driver, world, deployment)
    return told


def quota_full(driver: Driver, world: World, values: Values) -> str:
    """More canaries than the track may have: the message with which one is refused.

    Raises:
        UnmetError: none is refused, or a stable pod is not where it was.
    """
    model = model_with_canary("xpu")
    deployment = object_name(model, CANARY)
    version = values["models"][model]["versions"][CANARY]
    cards, each = _cards(values, version["pool"]), version["resources"]["accelerators"]
    before = _stable(world)
    driver.scale(deployment, cards // each + 1)
    told = _first_message(driver.client, deployment, "FailedCreate", "exceeded quota: canary")
    world.settle(1, 30)
    _compare(before, _stable(world))
    _scale_back(driver, world, deployment)
    return told


def _cards(values: Values, pool: str) -> int:
    config = values["nodePools"][pool]
    return len(config["nodes"]) * int(next(iter(kind_of(pool).offers.values())))


def _stable(world: World) -> dict[str, str | None]:
    """Node by uid of each stable pod; in the first stack all of them have the same version."""
    return {pod.uid: pod.node for pod in world.pods() if pod.version == STABLE}


def _compare(before: Mapping[str, str | None], after: Mapping[str, str | None]) -> None:
    if lost := [uid for uid, node in before.items() if after.get(uid) != node]:
        raise UnmetError(f"{len(lost)} of {len(before)} stable pods are not where they were")


def _first_message(client: Client, deployment: str, reason: str, part: str) -> str:
    """Of an event about a pod or a ReplicaSet of a Deployment."""
    told: list[str] = []

    def look() -> bool:
        told.extend(
            event["message"]
            for event in client.get(f"{EVENTS}?fieldSelector=reason%3D{reason}")["items"]
            if event["involvedObject"]["name"].startswith(f"{deployment}-")
            and part in event["message"]
        )
        return bool(told)

    if not wait_until(look, _SECONDS, 0.5):
        raise UnmetError(f"{deployment}: no event {reason} with `{part}` in {_SECONDS:g} s")
    return told[0]


def _scale_back(driver: Driver, world: World, deployment: str) -> None:
    driver.restore("Deployment", deployment)
    wanted = driver.client.get(f"{DEPLOYMENTS}/{deployment}")["spec"]
    labels: dict[str, str] = wanted["selector"]["matchLabels"]
    replicas: int = wanted["replicas"]

    def shrunk() -> bool:
        own = sum(labels.items() <= pod.labels.items() for pod in world.pods())
        return own <= replicas

    if not wait_until(shrunk, _SECONDS, 0.5):
        raise UnmetError(f"{deployment} has not shrunk after {_SECONDS:g} s")
