"""Who may reach whom, by Cyclonus, an analyser of NetworkPolicies that is not ours.

The policies and the pods' labels are those that a stack renders. Every pair of its pods, on every
port that any of them listens on, is asked for, and strangers beside them; the answer must be
exactly what stands here. https://github.com/mattfenwick/cyclonus
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path

import pytest
import yaml

from infra.config import StackConfig, load_file
from local.toolchain import ensure
from tests.netpol.cluster import Outside, Peer, Pod, own_pods, pod, policies
from tests.unit.monitoring.stacks import OPERATOR, stack

Flow = tuple[str, str, int]
CONTROLLED = Path(__file__).parents[1] / "golden" / "cases" / "controller.yaml"

GATEWAY = pod("gateway", "traefik", app_kubernetes_io__name="traefik")
RESOLVER = pod("resolver", "kube-system", k8s="kube-dns")
GRAFANA = pod("grafana", "grafana", app_kubernetes_io__name="grafana")
INTRUDER = pod("intruder", "default")
# A pod of a model's namespace that is none of a model's: a debugging shell.
SHELL = pod("shell", "paddle-models", run="shell")
# A pod that carries Prometheus' labels, somewhere else.
IMPOSTOR = pod(
    "impostor",
    "default",
    app_kubernetes_io__name="prometheus",
)
INTERNET = Outside("internet", "203.0.113.7")
METADATA = Outside("metadata", "169.254.169.254")
NEIGHBOUR = Outside("neighbour", "10.9.9.9")
API_SERVER = Outside("api-server", "192.0.2.1")
STRANGERS = (GATEWAY, RESOLVER, GRAFANA, INTRUDER, SHELL, IMPOSTOR)
ADDRESSES = (INTERNET, METADATA, NEIGHBOUR, API_SERVER)
PORTS = (53, 80, 443, 587, 6443, 8000, 9090, 9093, 9094, 9095, 9096, 9097)

Allowed = Callable[[StackConfig, Iterable[tuple[Peer, Peer, int]]], set[Flow]]


@pytest.fixture(scope="session")
def allowed(tmp_path_factory: pytest.TempPathFactory) -> Allowed:
    """Of these flows (TCP), those that Cyclonus lets through, by the names of their ends."""
    cyclonus = ensure(["cyclonus"], print)["cyclonus"] / "cyclonus"

    def ask(config: StackConfig, flows: Iterable[tuple[Peer, Peer, int]]) -> set[Flow]:
        directory = tmp_path_factory.mktemp("policies")
        (directory / "policies").mkdir()
        asked = list(flows)
        # A file for each: of several documents in one, it reads the first.
        for place, policy in enumerate(policies(config)):
            (directory / "policies" / f"{place}.yaml").write_text(yaml.safe_dump(policy))
        traffic = [
            {
                "Source": source.peer(),
                "Destination": target.peer(),
                "ResolvedPort": port,
                "Protocol": "TCP",
            }
            for source, target, port in asked
        ]
        (directory / "traffic.json").write_text(json.dumps(traffic))
        done = subprocess.run(
            [
                *(cyclonus, "analyze", "--mode", "query-traffic"),
                *("--policy-path", directory / "policies"),
                *("--traffic-path", directory / "traffic.json"),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        answers = re.findall(r"IS ALLOWED\?\s*\|\s*(TRUE|FALSE)", done.stdout)
        assert len(answers) == len(asked), done.stderr
        return {
            (source.name, target.name, port)
            for (source, target, port), answer in zip(asked, answers, strict=True)
            if answer == "TRUE"
        }

    return ask


def everybody(config: StackConfig) -> list[Peer]:
    return [*own_pods(config), *STRANGERS, *ADDRESSES]


def into(config: StackConfig) -> list[tuple[Peer, Peer, int]]:
    """From everybody to every pod of the stack."""
    own = list(own_pods(config))
    return [
        (source, target, port)
        for source, target, port in product(everybody(config), own, PORTS)
        if source != target
    ]


def out_of(config: StackConfig) -> list[tuple[Peer, Peer, int]]:
    """From every pod of the stack to everybody else."""
    strangers: list[Peer] = [*STRANGERS, *ADDRESSES]
    return list(product(own_pods(config), strangers, PORTS))


def flows(text: str) -> set[Flow]:
    """Lines such as `prometheus > ocr-v1-1 ocr-v1-2 : 8000`."""
    found = set()
    for line in filter(None, map(str.strip, text.splitlines())):
        sources, targets, ports = re.split("[>:]", line)
        found |= set(product(sources.split(), targets.split(), map(int, ports.split())))
    return found


def test_what_reaches_the_pods_of_a_stack(allowed: Allowed) -> None:
    config = stack()
    assert allowed(config, into(config)) == flows("""
        gateway prometheus > ocr-v1-1 ocr-v1-2 : 8000
        prometheus > alertmanager : 9093
        prometheus alertmanager > relay : 9095
        prometheus > route-exporter : 9096
    """)


def test_the_rollout_controller_is_the_only_other_one_that_asks_monitoring(
    allowed: Allowed,
) -> None:
    config = load_file(CONTROLLED)
    controllers = [each for each in own_pods(config) if each.name == "rollout-controller"]
    reached = [flow for flow in out_of(config) if flow[0] in controllers]
    inside = [flow for flow in into(config) if {flow[0], flow[1]} & {*controllers}]
    everywhere = " ".join(each.name for each in (*STRANGERS, *ADDRESSES) if each is not SHELL)
    assert allowed(config, inside + reached) == flows(f"""
        rollout-controller > prometheus : 9090
        rollout-controller > alertmanager : 9093
        rollout-controller > resolver : 53
        rollout-controller > {everywhere} : 443 6443
    """)


def test_two_alertmanagers_speak_to_each_other_and_to_nobody_else_so(allowed: Allowed) -> None:
    config = stack()
    (one,) = [each for each in own_pods(config) if each.name == "alertmanager"]
    other = Pod("other", one.namespace, one.labels)
    assert allowed(config, [(one, other, port) for port in PORTS]) == {
        ("alertmanager", "other", 9094)
    }
    alone = stack({"alerting/alertmanagers": 1})
    assert allowed(alone, [(one, other, port) for port in PORTS]) == set()


def test_what_the_pods_of_a_stack_reach_elsewhere(allowed: Allowed) -> None:
    config = stack()
    # The shell is under the policy of its own namespace, whatever others may send.
    everywhere = " ".join(each.name for each in (*STRANGERS, *ADDRESSES) if each is not SHELL)
    assert allowed(config, out_of(config)) == flows(f"""
        prometheus alertmanager relay > resolver : 53
        prometheus > gateway : {" ".join(map(str, PORTS))}
        prometheus route-exporter > {everywhere} : 443 6443
        alertmanager relay > internet api-server : 443
        alertmanager > internet api-server : 587
    """)


def test_models_reach_nobody(allowed: Allowed) -> None:
    config = stack()
    models = [each for each in own_pods(config) if each.namespace == config.namespace]
    assert models
    asked = list(product(models, everybody(config), PORTS))
    assert allowed(config, [flow for flow in asked if flow[0] != flow[1]]) == set()


def test_the_prometheus_of_the_operator_is_the_only_one_that_scrapes(allowed: Allowed) -> None:
    config = stack(OPERATOR)
    theirs = pod("theirs", "monitoring", app_kubernetes_io__name="prometheus")
    labels = next(each for each in policies(config) if each["metadata"]["name"] == "alertmanager")
    alertmanager = Pod(
        "alertmanager",
        "paddle-monitoring",
        tuple(labels["spec"]["podSelector"]["matchLabels"].items()),
    )
    targets = [*own_pods(config), alertmanager]
    sources: list[Peer] = [theirs, *STRANGERS, *own_pods(config)]
    asked = [flow for flow in product(sources, targets, PORTS) if flow[0] != flow[1]]
    assert allowed(config, asked) == flows("""
        gateway theirs > ocr-v1-1 ocr-v1-2 : 8000
        theirs > alertmanager : 9093
        theirs > relay : 9095
        theirs > route-exporter : 9096
    """)


def test_a_gateway_in_the_network_of_its_host_is_known_by_its_range(allowed: Allowed) -> None:
    config = stack({"alerting/gateway": {"namespace": "traefik", "addresses": ["10.9.9.0/24"]}})
    model = next(each for each in own_pods(config) if each.name == "ocr-v1-1")
    asked: list[tuple[Peer, Peer, int]] = [(each, model, 8000) for each in ADDRESSES]
    assert allowed(config, asked) == {("neighbour", "ocr-v1-1", 8000)}


def test_a_robot_at_an_address_of_its_own_is_the_only_one_that_the_relay_reaches(
    allowed: Allowed,
) -> None:
    robots = {"wecom": {"chat": {"url": "http://10.9.9.9:8080", "key": "k"}}}
    mail = {"email": {"mail": {"to": ["oncall@example.com"]}}}
    config = stack(
        {
            "alerting/receivers": {**robots, **mail},
            "alerting/teams": {"vision": {"chat": ["chat", "mail"]}},
        }
    )
    relay = next(each for each in own_pods(config) if each.name == "relay")
    elsewhere: list[Peer] = [*STRANGERS, *ADDRESSES]
    asked = list(product([relay], elsewhere, [*PORTS, 8080]))
    assert allowed(config, asked) == {("relay", "resolver", 53), ("relay", "neighbour", 8080)}


def test_without_its_policies_everything_of_a_stack_is_open(allowed: Allowed) -> None:
    config = stack()
    open_to_all = config.model_copy(update={"alerting": None})
    model = next(each for each in own_pods(config) if each.name == "ocr-v1-1")
    assert allowed(open_to_all, [(INTRUDER, model, 8000)]) == {("intruder", "ocr-v1-1", 8000)}


def test_a_resolver_is_asked_by_udp_too() -> None:
    rules = [
        rule
        for each in policies(stack())
        for rule in each["spec"].get("egress", ())
        if any(port.get("port") == 53 for port in rule.get("ports", ()))
    ]
    assert rules
    for rule in rules:
        assert {port["protocol"] for port in rule["ports"]} == {"UDP", "TCP"}


def test_every_pod_of_a_stack_is_under_a_policy_in_both_directions() -> None:
    config = stack()
    denied = {
        each["metadata"]["namespace"]
        for each in policies(config)
        if each["spec"]["podSelector"] == {}
        and each["spec"]["policyTypes"] == ["Ingress", "Egress"]
        and each["spec"]["ingress"] == each["spec"]["egress"] == []
    }
    assert denied == {each.namespace for each in own_pods(config)}


def test_every_policy_but_the_ground_picks_pods_that_the_stack_renders() -> None:
    config = stack()
    labels = [(each.namespace, dict(each.labels)) for each in own_pods(config)]
    for policy in policies(config):
        select = policy["spec"]["podSelector"]
        wanted = select.get("matchLabels", {}).items()
        exist = [each["key"] for each in select.get("matchExpressions", ())]
        assert any(
            namespace == policy["metadata"]["namespace"]
            and wanted <= found.items()
            and all(key in found for key in exist)
            for namespace, found in labels
        ), policy["metadata"]["name"]
