"""The pack as data: each rule with its name, its level and what it is for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from infra.policy import images, isolation, ownership, pods, routes, secrets
from infra.policy.resource import Resource, Settings

Level = Literal["mandatory", "advisory"]


@dataclass(frozen=True)
class Rule:
    """A rule about one object: `check` gives a line for everything that is wrong."""

    name: str
    description: str
    check: Callable[[Resource, Settings], Iterator[str]]
    level: Level = "mandatory"


@dataclass(frozen=True)
class StackRule:
    """A rule about all objects of a stack together."""

    name: str
    description: str
    check: Callable[[Iterable[Resource], Settings], Iterator[str]]
    level: Level = "mandatory"


RULES: tuple[Rule, ...] = (
    Rule("image-pinned", "Images have a tag that stays, or a digest.", images.pinned),
    # Advisory until a team publishes digests; docs/reviewing.md says how to make it mandatory.
    Rule("image-digest", "Images in production have a digest.", images.by_digest, "advisory"),
    Rule("resources-set", "Containers say what they need.", pods.resources),
    Rule("probes-set", "Containers that serve are probed.", pods.probes),
    Rule("pod-security", "Pods are `restricted`, with a read-only root.", pods.restricted),
    Rule("no-token", "Pods have no service account token without need.", pods.token),
    Rule("canary-apart", "Versions of a model never share a node.", isolation.apart),
    Rule("weight-valid", "Weights mean what they say.", routes.weights),
    Rule("no-public-metrics", "No route leads to /metrics.", routes.no_metrics),
    Rule("no-plain-secret", "No secret stands in plain text.", secrets.none_in_plain_text),
    Rule("labels-set", "Objects have the common labels.", ownership.labelled),
    Rule(
        "namespace-protected",
        "Nothing goes into the cluster's own namespaces.",
        ownership.elsewhere_than_protected,
    ),
)
STACK_RULES: tuple[StackRule, ...] = (
    StackRule("canary-first", "A canary Ingress has its main one.", routes.stable_beside_canary),
    # A stack without `alerting` has no NetworkPolicies: it knows neither Prometheus nor gateway.
    StackRule(
        "closed-by-default",
        "Only those who are named reach models.",
        routes.closed_by_default,
        "advisory",
    ),
)

EVERY: tuple[Rule | StackRule, ...] = (*RULES, *STACK_RULES)
