"""Pools that are refused, and what does not fit into them, with the whole message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from infra.config import ConfigErrors, parse
from tests.unit.config.edits import edited

POOL = "nodePools/gpu-canary"
AT = "nodePools.gpu-canary"
V12 = "models/ocr/versions/v1.2"
V12_AT = 'models.ocr.versions["v1.2"]'
NODE_CLASS = {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": "gpu"}
CARDS = "write a whole number from 1 to 1024"


def karpenter(**more: object) -> Mapping[str, object]:
    limits = {"limits": {"nvidia.com/gpu": 8}}
    pool = {"provider": "karpenter", "nodeClass": NODE_CLASS, "track": "canary"}
    return {POOL: {**pool, **limits, **more}}


def eks(**more: object) -> Mapping[str, object]:
    return {
        POOL: {
            "provider": "eks",
            "cluster": "models",
            "nodeRole": "arn:aws:iam::1:role/nodes",
            "subnets": ["subnet-1"],
            "instanceTypes": ["g6.12xlarge"],
            "size": {"max": 1},
            "cards": 4,
            "track": "canary",
            **more,
        }
    }


def gke(**more: object) -> Mapping[str, object]:
    return {
        POOL: {
            "provider": "gke",
            "cluster": "models",
            "location": "us-central1",
            "machineType": "g2-standard-8",
            "cardType": "nvidia-l4",
            "size": {"max": 2},
            "cards": 1,
            "track": "canary",
            **more,
        }
    }


CASES: dict[str, tuple[Mapping[str, object], str]] = {
    "no provider": (
        {POOL: {"track": "canary"}},
        f"{AT}.provider: found nothing; write ack, eks, existing, gke or karpenter",
    ),
    "a provider that is no text": (
        {f"{POOL}/provider": 5},
        f"{AT}.provider: found 5; write ack, eks, existing, gke or karpenter",
    ),
    "a pool that is no mapping": (
        {POOL: ["node-2"]},
        f"{AT}: found a list; write a mapping with provider, track and what the provider needs",
    ),
    "a key of another provider": (
        {f"{POOL}/limits": {}},
        f"{AT}.limits: found an unknown key; write one of accelerator, runtimeClass, track, "
        "provider, nodes, cards, taints, share, product, topologyKey, dra, or remove it",
    ),
    "no cards on a node": ({f"{POOL}/cards": 0}, f"{AT}.cards: found 0; {CARDS}"),
    "cards of a pool that has none": (
        {f"{POOL}/accelerator": "none", f"{POOL}/cards": 4},
        f"{AT}.cards: found cards without an accelerator; write nothing: remove cards",
    ),
    "more pods than cards": (
        {f"{POOL}/cards": 4, f"{V12}/replicas": 5},
        f"{AT}.nodes: found 1 node with 4 nvidia.com/gpu, of which 5 are wanted (ocr v1.2 5); "
        "write more, or fewer replicas (autoscale.max) for the versions that run there",
    ),
    "an autoscaler that goes beyond the cards": (
        {f"{POOL}/cards": 4, f"{V12}/autoscale": {"min": 1, "max": 6, "cpu": 70}},
        f"{AT}.nodes: found 1 node with 4 nvidia.com/gpu, of which 6 are wanted (ocr v1.2 6); "
        "write more, or fewer replicas (autoscale.max) for the versions that run there",
    ),
    "a pod larger than a node": (
        {f"{POOL}/cards": 2, f"{V12}/resources": {"accelerators": 4}},
        f"{V12_AT}.resources.accelerators: found 4, while a node of nodePools.gpu-canary has 2; "
        "write 2 or less, or another pool",
    ),
    "versions that share no node": (
        {f"{POOL}/cards": 4, "models/ocr/versions/v1.3": {"image": "a:1", "pool": "gpu-canary"}},
        f"{AT}.nodes: found 1 node, while 2 versions of ocr, which share no node, need 2; write "
        "more nodes, or park a version (replicas: 0)",
    ),
    "a share of what cannot be cut": (
        {f"{POOL}/accelerator": "kunlunxin.com/xpu", f"{POOL}/share": {"memory": 1024}},
        f'{AT}.share: found a share of "kunlunxin.com/xpu"; write accelerator: one of '
        "hygon.com/dcunum, nvidia.com/gpu, or remove share",
    ),
    "an empty share": (
        {f"{POOL}/share": {"memory": 0}},
        f"{AT}.share.memory: found 0; write MiB of a card's memory, such as 8192",
    ),
    "a product that nodes do not tell": (
        {f"{POOL}/accelerator": "huawei.com/Ascend910", f"{POOL}/product": ["910B"]},
        f'{AT}.product: found products of "huawei.com/Ascend910", whose nodes do not tell them; '
        "write nothing: remove product, and put other products into a pool of their own",
    ),
    "claims without a driver": (
        {f"{POOL}/accelerator": "hygon.com/dcu", f"{POOL}/dra": {}},
        f'{AT}.dra: found claims for "hygon.com/dcu", for which no driver is known; write '
        "accelerator: nvidia.com/gpu or a MIG profile, without share, or remove dra",
    ),
    "claims for shares": (
        {f"{POOL}/share": {"memory": 1024}, f"{POOL}/dra": {}},
        f'{AT}.dra: found claims for "nvidia.com/gpu" in shares, for which no driver is known; '
        "write accelerator: nvidia.com/gpu or a MIG profile, without share, or remove dra",
    ),
    "two MIG devices for a process that sees one": (
        {
            f"{POOL}/accelerator": "nvidia.com/mig-1g.10gb",
            f"{V12}/resources": {"accelerators": 2},
        },
        f"{V12_AT}.resources.accelerators: found 2 for a pod with NVIDIA MIG; write 1, and more "
        "replicas",
    ),
    "three of a board that is cut in halves": (
        {f"{POOL}/accelerator": "kunlunxin.com/xpu", f"{V12}/resources": {"accelerators": 3}},
        f"{V12_AT}.resources.accelerators: found 3 for a pod with Kunlun XPU; write 1 or 2 or 4 "
        "or 8, and more replicas",
    ),
    "stable and canary on one card": (
        {
            "nodePools/gpu-stable/share": {"memory": 8192},
            f"{V12}/pool": "gpu-stable",
            "models/ocr/isolation": "shared",
        },
        "models.ocr.isolation: found shared in nodePools.gpu-stable, whose devices are parts of a "
        "card; write required: stable and canary would be on one card",
    ),
    "a Karpenter pool without a limit": (
        karpenter(limits={"cpu": 8}),
        f'{AT}.limits["nvidia.com/gpu"]: found nothing; write the most cards that the pool may '
        "have",
    ),
    "a Karpenter pool whose limit is too low": (
        {**karpenter(limits={"nvidia.com/gpu": 2}), f"{V12}/replicas": 3},
        f'{AT}.limits["nvidia.com/gpu"]: found a limit with 2 nvidia.com/gpu, of which 3 are '
        "wanted (ocr v1.2 3); write more, or fewer replicas (autoscale.max) for the versions "
        "that run there",
    ),
    "budgets for reserved cards": (
        karpenter(reserved=True, budgets=[{"nodes": "1"}]),
        f"{AT}.budgets: found budgets for reserved cards; write one of budgets and reserved, not "
        "both",
    ),
    "a time to be empty for reserved cards": (
        karpenter(reserved=True, consolidateAfter="10m"),
        f"{AT}.consolidateAfter: found a time for reserved cards; write one of consolidateAfter "
        "and reserved, not both",
    ),
    "a time to be empty of milliseconds": (
        karpenter(consolidateAfter="1500ms"),
        f'{AT}.consolidateAfter: found "1s500ms"; write whole seconds, such as 90s or 5m: '
        "Karpenter knows nothing finer",
    ),
    "a budget that never ends": (
        karpenter(budgets=[{"nodes": "0", "schedule": "0 9 * * *"}]),
        f"{AT}.budgets[0].duration: found nothing besides schedule; write both of schedule and "
        "duration, or neither",
    ),
    "a budget of seconds": (
        karpenter(budgets=[{"nodes": "0", "schedule": "0 9 * * *", "duration": "90s"}]),
        f'{AT}.budgets[0].duration: found "1m30s"; write whole minutes, such as 8h or 30m: '
        "Karpenter knows nothing finer",
    ),
    "a budget that is a number": (
        karpenter(budgets=[{"nodes": 1}]),
        f"{AT}.budgets[0].nodes: found 1; write a number of nodes or percent, such as "
        '"1" or "10%", in quotes',
    ),
    "a requirement without values": (
        karpenter(requirements=[{"key": "node.kubernetes.io/instance-type", "operator": "In"}]),
        f"{AT}.requirements[0].values: found nothing; write a value or more for In",
    ),
    "a requirement with values that mean nothing": (
        karpenter(requirements=[{"key": "a", "operator": "Exists", "values": ["b"]}]),
        f"{AT}.requirements[0].values: found values for Exists; write nothing: remove values",
    ),
    "a comparison with a word": (
        karpenter(requirements=[{"key": "a", "operator": "Gt", "values": ["b"]}]),
        f'{AT}.requirements[0].values: found ["b"]; write one number, such as ["4"], for Gt',
    ),
    "no node class": (
        karpenter(nodeClass=None),
        f"{AT}.nodeClass: found nothing; write a mapping with the keys group, kind, name",
    ),
    "a cloud's pool that is too small": (
        {**eks(), f"{V12}/replicas": 5},
        f"{AT}.size.max: found at most 1 node with 4 nvidia.com/gpu, of which 5 are wanted (ocr "
        "v1.2 5); write more, or fewer replicas (autoscale.max) for the versions that run there",
    ),
    "a cloud's pool whose cards are not known": (
        eks(cards=None),
        f"{AT}.cards: found nothing; write how many nvidia.com/gpu one node of the pool offers",
    ),
    "a size that ends before it begins": (
        eks(size={"min": 3, "max": 2}),
        f"{AT}.size.min: found 3; write at most max, 2",
    ),
    "GKE with another accelerator": (
        gke(accelerator="kunlunxin.com/xpu"),
        f'{AT}.accelerator: found "kunlunxin.com/xpu"; write nvidia.com/gpu or none: GKE has no '
        "other",
    ),
    "GKE without the type of its cards": (
        gke(cardType=None),
        f"{AT}.cardType: found nothing; write the type of the cards, such as nvidia-l4, where "
        "there is an accelerator",
    ),
}


def refusal(values: dict[str, Any]) -> str:
    with pytest.raises(ConfigErrors) as error:
        parse(values)
    return str(error.value)


@pytest.mark.parametrize(("edits", "message"), CASES.values(), ids=CASES)
def test_is_refused_with_path_finding_and_remedy(edits: Mapping[str, object], message: str) -> None:
    assert refusal(edited(edits)) == message


@pytest.mark.parametrize("provider", [None, "karpentr", "existing"])
def test_two_pools_that_cannot_be_read_do_not_have_the_same_nodes(provider: object) -> None:
    wrong = {"provider": provider, "track": "canary"}
    message = refusal(edited({POOL: wrong, "nodePools/gpu-stable": wrong}))
    assert len(message.splitlines()) == 2
    assert "which nodePools" not in message


@pytest.mark.parametrize(
    "edits",
    [
        {f"{POOL}/cards": 4, f"{V12}/replicas": 4},
        {f"{POOL}/cards": 4, f"{V12}/replicas": 0, "models/ocr/canary": {}},
        {f"{V12}/replicas": 100},
        {f"{POOL}/accelerator": "none", f"{V12}/replicas": 100},
        {**karpenter(), f"{V12}/replicas": 8},
        {**eks(), f"{V12}/resources": {"accelerators": 4}},
        gke(accelerator="none", cardType=None, cards=None),
        karpenter(accelerator="none", limits={}),
        {f"{POOL}/accelerator": "example.com/tpu", f"{V12}/resources": {"accelerators": 3}},
    ],
    ids=str,
)
def test_what_fits_or_cannot_be_known_is_accepted(edits: Mapping[str, object]) -> None:
    assert parse(edited(edits))
