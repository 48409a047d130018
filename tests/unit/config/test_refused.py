"""Each refused configuration, with the whole message that a release engineer reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from infra.config import ConfigErrors, parse
from tests.unit.config.edits import REMOVED, edited

OCR = "models/ocr"
V11 = f"{OCR}/versions/v1.1"
V12 = f"{OCR}/versions/v1.2"
V12_AT = 'models.ocr.versions["v1.2"]'
WEIGHT = "write a weight from 0 to 100, whole or in tenths"
VERSION = "a version of lower-case letters, digits, '.', '_' and '-', such as v1.1"
IMAGE = "write an image with a tag other than latest, or a digest, such as registry/ocr:v1.1"
DURATION = "write a duration with its unit, such as 500ms, 90s, 30m, 1h30m"
PATH = "write a path without a slash at its end, such as / or /ocr"
HOST = "write a DNS name in lower case, such as ocr.example.com"
STEPS = "write weights that rise to 100, such as [5, 20, 50, 100]"
TOKEN = "write an HTTP token without spaces, such as X-Canary"
OTHER = {
    "host": "other.example.com",
    "stable": "v1",
    "versions": {"v1": {"image": "other:v1", "pool": "gpu-stable"}},
}
ALERTING = {
    "mode": "operator",
    "images": {"relay": "relay:1"},
    "gateway": {"namespace": "traefik"},
    "operator": {"namespace": "monitoring"},
    "receivers": {"webhook": {"hook": {"url": "https://hook.example.com"}}},
    "teams": {"vision": {"chat": ["hook"]}},
    "defaultTeam": "vision",
}

CASES: dict[str, tuple[Mapping[str, object], str]] = {
    "a weight above 100": (
        {f"{OCR}/canary": {"v1.2": 150}},
        f'models.ocr.canary["v1.2"]: found 150; {WEIGHT}',
    ),
    "a weight below 0": (
        {f"{OCR}/canary": {"v1.2": -1}},
        f'models.ocr.canary["v1.2"]: found -1; {WEIGHT}',
    ),
    "a weight finer than tenths": (
        {f"{OCR}/canary": {"v1.2": 2.55}},
        f'models.ocr.canary["v1.2"]: found 2.55; {WEIGHT}',
    ),
    "a weight as text above 100": (
        {f"{OCR}/canary": {"v1.2": "100.5"}},
        f'models.ocr.canary["v1.2"]: found "100.5"; {WEIGHT}',
    ),
    "a weight that is a word": (
        {f"{OCR}/canary": {"v1.2": "abc"}},
        f'models.ocr.canary["v1.2"]: found "abc"; {WEIGHT}',
    ),
    "a weight that is true": (
        {f"{OCR}/canary": {"v1.2": True}},
        'models.ocr.canary["v1.2"]: found true, as which YAML reads yes and on, too; ' + WEIGHT,
    ),
    "a weight that is not a number": (
        {f"{OCR}/canary": {"v1.2": float("nan")}},
        f'models.ocr.canary["v1.2"]: found nan; {WEIGHT}',
    ),
    "no weight at all": (
        {f"{OCR}/canary": {"v1.2": None}},
        f'models.ocr.canary["v1.2"]: found nothing; {WEIGHT}',
    ),
    "weights above 100 together": (
        {
            "dataPlane": "gateway",
            "gateway": {"name": "g", "namespace": "n"},
            f"{OCR}/versions/v1.3": {"image": "ocr:v1.3", "pool": "gpu-canary"},
            f"{OCR}/canary": {"v1.2": 60, "v1.3": 40.1},
        },
        "models.ocr.canary: found 100.1 together; write weights that add up to 100 at most",
    ),
    "two canaries on data plane ingress": (
        {
            f"{OCR}/versions/v1.3": {"image": "ocr:v1.3", "pool": "gpu-canary"},
            f"{OCR}/canary": {"v1.2": 5, "v1.3": 5},
        },
        "models.ocr.canary: found 2 canaries; write one, since an Ingress takes no more, "
        "or set dataPlane: gateway",
    ),
    "a canary that is the stable version": (
        {f"{OCR}/canary": {"v1.1": 5}},
        'models.ocr.canary["v1.1"]: found the stable version; write another version, or remove it',
    ),
    "a stable version that versions lacks": (
        {f"{OCR}/stable": "v1.0"},
        'models.ocr.stable: found "v1.0"; write a version that versions has: v1.1, v1.2',
    ),
    "a canary that versions lacks": (
        {f"{OCR}/canary": {"v1.3": 5}},
        'models.ocr.canary["v1.3"]: found "v1.3"; write a version that versions has: v1.1, v1.2',
    ),
    "a stable version that YAML reads as a number": (
        {f"{OCR}/stable": 1.1},
        f"models.ocr.stable: found 1.1; write {VERSION}, in quotes",
    ),
    "a pool that does not exist": (
        {f"{V12}/pool": "gpu-canry"},
        f'{V12_AT}.pool: found "gpu-canry"; write a pool that nodePools has: '
        "gpu-canary, gpu-stable",
    ),
    "canary and stable in one pool": (
        {f"{V12}/pool": "gpu-stable"},
        f'{V12_AT}.pool: found "gpu-stable", where stable v1.1 runs; write another pool, '
        "or set isolation: shared for the model",
    ),
    "a node in two pools": (
        {"nodePools/gpu-canary/nodes": ["node-2", "node-1"]},
        'nodePools.gpu-canary.nodes[1]: found "node-1", which nodePools.gpu-stable has already; '
        "write each node once, in one pool",
    ),
    "a pool without nodes": (
        {"nodePools/gpu-canary/nodes": []},
        "nodePools.gpu-canary.nodes: found []; write a list of node names, such as [gpu-node-1]",
    ),
    "a node name that Kubernetes refuses": (
        {"nodePools/gpu-canary/nodes": ["Node_2"]},
        'nodePools.gpu-canary.nodes[0]: found "Node_2"; '
        "write a Kubernetes name in lower case, such as gpu-node-1",
    ),
    "an unknown provider": (
        {"nodePools/gpu-canary/provider": "karpentr"},
        'nodePools.gpu-canary.provider: found "karpentr"; '
        "write ack, eks, existing, gke or karpenter",
    ),
    "an accelerator that is no resource name": (
        {"nodePools/gpu-canary/accelerator": "gpu"},
        'nodePools.gpu-canary.accelerator: found "gpu"; write an extended resource such as '
        "nvidia.com/gpu, or none for nodes without accelerators",
    ),
    "an unknown track": (
        {"nodePools/gpu-canary/track": "beta"},
        'nodePools.gpu-canary.track: found "beta"; write stable or canary',
    ),
    "steps that fall": (
        {f"{OCR}/rollout": {"steps": [5, 50, 20, 100]}},
        f"models.ocr.rollout.steps: found [5, 50, 20, 100]; {STEPS}",
    ),
    "steps that do not reach 100": (
        {f"{OCR}/rollout": {"steps": [5, 50]}},
        f"models.ocr.rollout.steps: found [5, 50]; {STEPS}",
    ),
    "no steps": (
        {f"{OCR}/rollout": {"steps": []}},
        f"models.ocr.rollout.steps: found []; {STEPS}",
    ),
    "a step of weight 0": (
        {f"{OCR}/rollout": {"steps": [0, 100]}},
        f"models.ocr.rollout.steps: found [0, 100]; {STEPS}",
    ),
    "a step that is no weight": (
        {f"{OCR}/rollout": {"steps": [5, "20%", 100]}},
        f'models.ocr.rollout.steps[1]: found "20%"; {WEIGHT}',
    ),
    "a duration without unit": (
        {f"{OCR}/rollout": {"window": "30"}},
        f'models.ocr.rollout.window: found "30"; {DURATION}',
    ),
    "a duration that is a number": (
        {f"{OCR}/slo": {"p99": 500}},
        f"models.ocr.slo.p99: found 500; {DURATION}",
    ),
    "a window of no time": (
        {f"{OCR}/rollout": {"window": "0s"}},
        f'models.ocr.rollout.window: found "0s"; {DURATION}',
    ),
    "a negative duration": (
        {f"{OCR}/rollout": {"window": "-5m"}},
        f'models.ocr.rollout.window: found "-5m"; {DURATION}',
    ),
    "a duration beyond any calendar": (
        {f"{OCR}/rollout": {"window": "99999999999999h"}},
        f'models.ocr.rollout.window: found "99999999999999h"; {DURATION}',
    ),
    "a minimum of no requests": (
        {f"{OCR}/rollout": {"minRequests": 0}},
        "models.ocr.rollout.minRequests: found 0; write a whole number from 1",
    ),
    "a number in quotes": (
        {f"{OCR}/rollout": {"minRequests": "500"}},
        'models.ocr.rollout.minRequests: found "500"; write a whole number from 1, '
        "without quotes in the file: the CLI keeps them once they are there",
    ),
    "an unknown policy without data": (
        {f"{OCR}/rollout": {"onNoData": "promote"}},
        'models.ocr.rollout.onNoData: found "promote"; write hold or rollback',
    ),
    "an error ratio above 1": (
        {f"{OCR}/slo": {"errorRatio": 1.5}},
        "models.ocr.slo.errorRatio: found 1.5; write a share from 0 to 1",
    ),
    "a traffic drop below 0": (
        {f"{OCR}/slo": {"trafficDrop": -0.5}},
        "models.ocr.slo.trafficDrop: found -0.5; write a share from 0 to 1",
    ),
    "a traffic drop that is not a number": (
        {f"{OCR}/slo": {"trafficDrop": float("inf")}},
        "models.ocr.slo.trafficDrop: found inf; write a share from 0 to 1",
    ),
    "an image without tag": (
        {f"{V12}/image": "registry.example.com:5000/ocr"},
        f'{V12_AT}.image: found "registry.example.com:5000/ocr"; {IMAGE}',
    ),
    "an image by its latest tag": (
        {f"{V12}/image": "ocr:latest"},
        f'{V12_AT}.image: found "ocr:latest"; {IMAGE}',
    ),
    "an image that is no reference": (
        {f"{V12}/image": "OCR Image:v1"},
        f'{V12_AT}.image: found "OCR Image:v1"; {IMAGE}',
    ),
    "a host that is an address": (
        {f"{OCR}/host": "10.0.0.1"},
        f'models.ocr.host: found "10.0.0.1"; {HOST}',
    ),
    "a host with a scheme": (
        {f"{OCR}/host": "https://ocr.example.com"},
        f'models.ocr.host: found "https://ocr.example.com"; {HOST}',
    ),
    "a host in upper case": (
        {f"{OCR}/host": "OCR.example.com"},
        f'models.ocr.host: found "OCR.example.com"; {HOST}',
    ),
    "no host": ({f"{OCR}/host": REMOVED}, f"models.ocr.host: found nothing; {HOST}"),
    "a path without its first slash": (
        {f"{OCR}/path": "ocr"},
        f'models.ocr.path: found "ocr"; {PATH}',
    ),
    "a path with a slash at its end": (
        {f"{OCR}/path": "/ocr/"},
        f'models.ocr.path: found "/ocr/"; {PATH}',
    ),
    "a path that climbs": (
        {f"{OCR}/path": "/a/../b"},
        f'models.ocr.path: found "/a/../b"; {PATH}',
    ),
    "a path that is a pattern": (
        {f"{OCR}/path": "/ocr/(.*)"},
        f'models.ocr.path: found "/ocr/(.*)"; {PATH}',
    ),
    "two models at one host and path": (
        {"models/other": OTHER | {"host": "ocr.example.com"}},
        'models.other.host: found "ocr.example.com" with path "/", as models.ocr has; '
        "write another host or path",
    ),
    "a path under another model's path with match on": (
        {
            f"{OCR}/match": {"header": "X-Canary"},
            "models/other": OTHER | {"host": "ocr.example.com", "path": "/other"},
        },
        'models.other.path: found "/other" under "/" of models.ocr, with match on; '
        "write another host or path, or remove match from both",
    ),
    "a path above another model's path with match on": (
        {
            f"{OCR}/path": "/ocr/v2",
            f"{OCR}/match": {"cookie": "canary"},
            "models/other": OTHER | {"host": "ocr.example.com", "path": "/ocr"},
        },
        'models.ocr.path: found "/ocr/v2" under "/ocr" of models.other, with match on; '
        "write another host or path, or remove match from both",
    ),
    "a match on nothing": (
        {f"{OCR}/match": {}},
        "models.ocr.match: found neither header nor cookie; write one of them, or remove match",
    ),
    "a header that HTTP refuses": (
        {f"{OCR}/match": {"header": "X Canary"}},
        f'models.ocr.match.header: found "X Canary"; {TOKEN}',
    ),
    "a cookie that HTTP refuses": (
        {f"{OCR}/match": {"cookie": "a=b"}},
        f'models.ocr.match.cookie: found "a=b"; {TOKEN}',
    ),
    "a model name that Kubernetes refuses": (
        {"models/2nd_model": OTHER},
        'models.2nd_model: found the key "2nd_model"; '
        "write a name of lower-case letters, digits and '-' that starts with a letter",
    ),
    "a version name that Kubernetes refuses": (
        {f"{OCR}/versions/V 2": {"image": "ocr:v2", "pool": "gpu-canary"}},
        f'models.ocr.versions["V 2"]: found the key "V 2"; write {VERSION}',
    ),
    "two versions that make one object name": (
        {f"{OCR}/versions/v1-1": {"image": "ocr:v1", "pool": "gpu-canary"}},
        'models.ocr.versions.v1-1: found a name that makes "ocr-v1-1", which something else is '
        "called already; write another name: '.' and '_' turn into '-', "
        "and '-canary' belongs to the canary",
    ),
    "two models whose versions make one object name": (
        {
            "models/ocr-v1": OTHER
            | {"stable": "1", "versions": {"1": {"image": "o:v1", "pool": "gpu-stable"}}}
        },
        'models.ocr-v1.versions.1: found a name that makes "ocr-v1-1", which something else is '
        "called already; write another name: '.' and '_' turn into '-', "
        "and '-canary' belongs to the canary",
    ),
    "a version called canary": (
        {f"{OCR}/versions/canary": {"image": "ocr:v2", "pool": "gpu-canary"}},
        'models.ocr.versions.canary: found a name that makes "ocr-canary", which something else '
        "is called already; write another name: '.' and '_' turn into '-', "
        "and '-canary' belongs to the canary",
    ),
    "names that are too long together": (
        {f"{OCR}/versions/{'v' * 60}": {"image": "ocr:v2", "pool": "gpu-canary"}},
        f'models.ocr.versions.{"v" * 60}: found a name that makes "ocr-{"v" * 55}…, '
        "64 characters long; write shorter names: Kubernetes takes 63 characters",
    ),
    "a canary with weight and without pods": (
        {f"{V12}/replicas": 0},
        f"{V12_AT}.replicas: found 0 for a version with weight 5; write 1 or more, or weight 0",
    ),
    "a stable version without pods beside one that has some": (
        {f"{V11}/replicas": 0},
        'models.ocr.versions["v1.1"].replicas: found 0 for stable, while v1.2 has pods; '
        "write 1 or more, or 0 for every version to park the model",
    ),
    "replicas below 0": (
        {f"{V12}/replicas": -1},
        f"{V12_AT}.replicas: found -1; write a whole number from 0 to 1000",
    ),
    "replicas that are no whole number": (
        {f"{V12}/replicas": 1.5},
        f"{V12_AT}.replicas: found 1.5; write a whole number from 0 to 1000",
    ),
    "replicas besides an autoscaler": (
        {f"{V12}/replicas": 2, f"{V12}/autoscale": {"min": 1, "max": 3, "cpu": 70}},
        f"{V12_AT}.replicas: found 2 besides autoscale; write one of the two, not both",
    ),
    "an autoscaler with more pods at least than at most": (
        {f"{V12}/autoscale": {"min": 4, "max": 3, "cpu": 70}},
        f"{V12_AT}.autoscale.min: found 4; write at most max, 3",
    ),
    "an environment variable that a shell refuses": (
        {f"{V12}/env": {"MY-VAR": "1"}},
        f'{V12_AT}.env.MY-VAR: found the key "MY-VAR"; '
        "write a variable of letters, digits and '_' that starts with no digit",
    ),
    "an environment variable that YAML reads as a number": (
        {f"{V12}/env": {"WORKERS": 2}},
        f"{V12_AT}.env.WORKERS: found 2; write a text, in quotes",
    ),
    "an environment that sets the version": (
        {f"{V12}/env": {"MODEL_VERSION": "v9"}},
        f"{V12_AT}.env.MODEL_VERSION: found a value of your own; "
        "write nothing: every container is given it",
    ),
    "processor cores that YAML reads as a number": (
        {f"{V12}/resources": {"cpu": 2}},
        f'{V12_AT}.resources.cpu: found 2; write processor cores, such as "2" or "250m", in quotes',
    ),
    "memory without unit": (
        {f"{V12}/resources": {"memory": "2048"}},
        f'{V12_AT}.resources.memory: found "2048"; write memory in Mi or Gi, such as 512Mi or 2Gi',
    ),
    "data plane gateway without a Gateway": (
        {"dataPlane": "gateway"},
        "gateway: found nothing; write name and namespace of the Gateway, "
        "or set dataPlane: ingress",
    ),
    "an unknown data plane": (
        {"dataPlane": "mesh"},
        'dataPlane: found "mesh"; write ingress or gateway',
    ),
    "a public URL with a path": (
        {"publicUrl": "http://127.0.0.1:18080/"},
        'publicUrl: found "http://127.0.0.1:18080/"; '
        "write scheme, host and port, such as http://127.0.0.1:18080",
    ),
    "an unknown key at the top": (
        {"dataplane": "gateway"},
        "dataplane: found an unknown key; write dataPlane, or remove it",
    ),
    "an unknown key of a model": (
        {f"{OCR}/cannary": {}},
        "models.ocr.cannary: found an unknown key; write canary, or remove it",
    ),
    "an unknown key of a version, spelt as in Python": (
        {f"{V12}/ready_timeout": "10m"},
        f"{V12_AT}.ready_timeout: found an unknown key; write readyTimeout, or remove it",
    ),
    "an unknown key that is like none": (
        {"nodePools/gpu-canary/xyz": 1},
        "nodePools.gpu-canary.xyz: found an unknown key; "
        "write one of accelerator, runtimeClass, track, provider, nodes, cards, taints, share, "
        "product, topologyKey, dra, or remove it",
    ),
    "a version that is no mapping": (
        {V12: "registry/ocr:v1.2"},
        f"{V12_AT}: found plain text; write a mapping with the keys image, replicas, pool, env, "
        "resources, autoscale, readyTimeout",
    ),
    "models that are no mapping": (
        {"models": ["ocr"]},
        "models: found a list; write a mapping of model names to models",
    ),
    "no node pools": (
        {"nodePools": REMOVED, "models": {}},
        "nodePools: found nothing; write a mapping of pool names to pools",
    ),
    "an override for a model that is not there": (
        {"override": {"model": "orc", "stable": "v1.1", "reason": "A reason long enough."}},
        'override.model: found "orc"; write a model that models has: ocr',
    ),
    "an override for another stable version": (
        {
            "override": {
                "model": "ocr",
                "stable": "v1.2",
                "canary": {"v1.2": 5},
                "reason": "A reason long enough.",
            }
        },
        'override.stable: found "v1.2"; write what models.ocr says, '
        "or remove an override that has had its day",
    ),
    "an override for other weights": (
        {
            "override": {
                "model": "ocr",
                "stable": "v1.1",
                "canary": {"v1.2": 100},
                "reason": "A reason long enough.",
            }
        },
        "override.canary: found {v1.2: 100}; write what models.ocr says, "
        "or remove an override that has had its day",
    ),
    "an override without a reason": (
        {
            "override": {
                "model": "ocr",
                "stable": "v1.1",
                "canary": {"v1.2": 5},
                "reason": "   urgent   ",
            }
        },
        'override.reason: found "   urgent   "; write why, in ten characters or more',
    ),
    "an unknown alert": (
        {f"{OCR}/alerts": {"LowModelQps": {"enabled": False}}},
        "models.ocr.alerts.LowModelQps: found an unknown key; write LowModelQPS, or remove it",
    ),
    "an alert of the platform at a model": (
        {f"{OCR}/alerts": {"GpuTooHot": {}}},
        "models.ocr.alerts.GpuTooHot: found an unknown key; write it under alerting.alerts",
    ),
    "an alert of a model at the platform": (
        {"alerting": ALERTING | {"alerts": {"LowModelQPS": {}}}},
        "alerting.alerts.LowModelQPS: found an unknown key; write it under alerts of a model",
    ),
    "a switch without a mapping": (
        {f"{OCR}/alerts": {"LowModelQPS": False}},
        "models.ocr.alerts.LowModelQPS: found true or false; "
        "write a mapping with the keys enabled, for, keepFiringFor",
    ),
    "a switch that is a word": (
        {f"{OCR}/alerts": {"LowModelQPS": {"enabled": "off"}}},
        'models.ocr.alerts.LowModelQPS.enabled: found "off"; write true or false',
    ),
    "patience without unit": (
        {f"{OCR}/alerts": {"LowModelQPS": {"for": 15}}},
        f"models.ocr.alerts.LowModelQPS.for: found 15; {DURATION}",
    ),
    "a threshold of an alert that has an objective for it": (
        {f"{OCR}/alerts": {"HighModelLatency": {"threshold": 0.7}}},
        "models.ocr.alerts.HighModelLatency.threshold: found an unknown key; "
        "write slo.p99 of the model, which is the alert's threshold",
    ),
    "a threshold of an alert that has none": (
        {f"{OCR}/alerts": {"NoReadyEndpoints": {"threshold": 2}}},
        "models.ocr.alerts.NoReadyEndpoints.threshold: found an unknown key; "
        "write one of enabled, for, keepFiringFor, or remove it",
    ),
    "a factor below 1": (
        {f"{OCR}/alerts": {"CanaryErrorsAboveStable": {"threshold": 0.5}}},
        "models.ocr.alerts.CanaryErrorsAboveStable.threshold: found 0.5; "
        "write a factor from 1 to 100",
    ),
    "a share of alerts in percent": (
        {f"{OCR}/alerts": {"TrafficShareOff": {"threshold": 2}}},
        "models.ocr.alerts.TrafficShareOff.threshold: found 2; write a share from 0 to 1",
    ),
    "a temperature in quotes": (
        {"alerting": ALERTING | {"alerts": {"GpuTooHot": {"threshold": "80"}}}},
        'alerting.alerts.GpuTooHot.threshold: found "80"; write °C from 30 to 120, '
        "without quotes in the file: the CLI keeps them once they are there",
    ),
    "a password that is a number": (
        {"registry": {"server": "r.example.com", "username": "u", "password": 5}},
        "registry.password: found a number; "
        "write it encrypted, with `pulumi config set --secret --path`",
    ),
}


@pytest.mark.parametrize(("edits", "message"), CASES.values(), ids=CASES)
def test_is_refused_with_path_finding_and_remedy(edits: Mapping[str, object], message: str) -> None:
    with pytest.raises(ConfigErrors) as refusal:
        parse(edited(edits))
    assert str(refusal.value) == message


def test_all_problems_of_one_model_come_at_once() -> None:
    values: dict[str, Any] = edited(
        {
            f"{OCR}/canary": {"v1.2": 150, "v1.3": 5},
            f"{OCR}/host": "Not a host",
            f"{V12}/pool": "gpu-stable",
            f"{V12}/image": "ocr:latest",
            "nodePools/gpu-canary/nodes": ["node-1"],
        }
    )
    with pytest.raises(ConfigErrors) as refusal:
        parse(values)
    assert [line.split(": ")[0] for line in str(refusal.value).splitlines()] == [
        "models.ocr.canary",
        'models.ocr.canary["v1.2"]',
        'models.ocr.canary["v1.3"]',
        "models.ocr.host",
        f"{V12_AT}.image",
        f"{V12_AT}.pool",
        "nodePools.gpu-canary.nodes[0]",
    ]


def test_no_message_shows_what_stands_in_a_secret_s_place() -> None:
    password = "hunter2-hunter2"
    for registry in (
        {"server": "r", "username": "u", "pasword": password},
        {"server": "r", "username": "u", "password": [password]},
        {"server": "r", "username": "u", "password": {"value": password}},
        password,
    ):
        with pytest.raises(ConfigErrors) as refusal:
            parse(edited({"registry": registry}))
        assert password not in str(refusal.value)
