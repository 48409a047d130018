"""What is deployed to collect metrics and to tell of alerts, and what it may do."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
import yaml

from infra.config import StackConfig, parse
from infra.model import deployment, service
from infra.names import MODEL
from monitoring.collection import manifests, secrets
from monitoring.collection.config_maps import LARGEST, packed
from monitoring.collection.relabel import of_models, service_label
from monitoring.collection.scrape import prometheus_config
from monitoring.rules import RecordingRule, RuleGroup
from tests.unit.monitoring.stacks import OPERATOR, stack, values

Manifest = dict[str, Any]
MODES = pytest.mark.parametrize("mode", [{}, OPERATOR], ids=["embedded", "operator"])
PROGRAMS = ("Deployment", "StatefulSet")
STORE = {"url": "https://s.example.com/write", "token": "hush"}


def found(config: StackConfig, kind: str, name: str) -> Manifest:
    (one,) = [
        each
        for each in manifests(config)
        if (each["kind"], each["metadata"]["name"]) == (kind, name)
    ]
    return one


def pods(config: StackConfig) -> Iterator[tuple[str, Manifest]]:
    for each in manifests(config):
        if each["kind"] in PROGRAMS:
            yield each["metadata"]["name"], each["spec"]["template"]["spec"]


def job(config: StackConfig, name: str) -> Manifest:
    one: Manifest
    (one,) = [
        each for each in prometheus_config(config)["scrape_configs"] if each["job_name"] == name
    ]
    return one


@MODES
def test_no_two_objects_of_a_kind_have_one_name(mode: Mapping[str, object]) -> None:
    """Pulumi tells them apart by that alone."""
    config = stack({**mode, "alerting/dcgm": {"namespace": "g", "service": "d", "port": "m"}})
    names = Counter((each["kind"], each["metadata"]["name"]) for each in manifests(config))
    assert [name for name, times in names.items() if times > 1] == []


@MODES
def test_nothing_of_monitoring_changes_with_a_weight(mode: Mapping[str, object]) -> None:
    def at(weight: float) -> list[Manifest]:
        return list(manifests(stack({**mode, "models/ocr/canary": {"v1.2": weight}})))

    assert at(5) == at(50)


def test_a_stack_without_alerting_has_no_monitoring() -> None:
    config = stack().model_copy(update={"alerting": None})
    assert list(manifests(config)) == []
    assert secrets(config) == {}


def test_every_pod_is_as_restricted_as_its_namespace_demands() -> None:
    for name, spec in pods(stack()):
        assert spec["securityContext"]["runAsNonRoot"], name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
                "readOnlyRootFilesystem": True,
                "runAsNonRoot": True,
            }


def test_only_what_reads_the_api_server_has_a_token_for_it() -> None:
    tokens = {name for name, spec in pods(stack()) if spec["automountServiceAccountToken"]}
    assert tokens == {"prometheus", "route-exporter"}


@pytest.mark.parametrize(
    ("plane", "kinds"),
    [
        ({}, {"ingresses", "services", "endpointslices"}),
        (
            {"dataPlane": "gateway", "gateway": {"name": "g", "namespace": "traefik"}},
            {"httproutes", "services", "endpointslices"},
        ),
    ],
)
def test_the_exporter_lists_routes_services_and_endpoints_and_does_nothing_else(
    plane: Mapping[str, object], kinds: set[str]
) -> None:
    role = found(stack(plane), "Role", "paddle-monitoring-route-exporter-paddle-models")
    assert {kind for rule in role["rules"] for kind in rule["resources"]} == kinds
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"list"}


def test_nobody_may_write_or_read_secrets_or_reach_beyond_namespaces_with_targets() -> None:
    config = stack({"alerting/dcgm": {"namespace": "gpus", "service": "d", "port": "m"}})
    roles = [each for each in manifests(config) if each["kind"] == "Role"]
    assert {each["metadata"]["namespace"] for each in roles} == {"paddle-models", "traefik", "gpus"}
    for rule in (rule for role in roles for rule in role["rules"]):
        assert set(rule["verbs"]) <= {"get", "list", "watch"}
        assert "secrets" not in rule["resources"]
    assert not [each for each in manifests(config) if each["kind"].startswith("Cluster")]


def test_each_program_sees_its_own_secrets_alone() -> None:
    config = stack({"alerting/prometheus": {"remoteWrite": [STORE]}})
    files = {name: set(held) for name, held in secrets(config).items()}
    assert files == {
        "prometheus-secrets": {"remote-write-0-token"},
        "alertmanager-secrets": {"relay-token", "phone.url", "smtp-password"},
        "relay-secrets": {"relay-token", "vision-chat.token", "vision-chat.secret"},
    }
    for name, spec in pods(config):
        mounted = [each["secret"]["secretName"] for each in spec["volumes"] if "secret" in each]
        assert mounted == [f"{name}-secrets"] * (f"{name}-secrets" in files)


def test_every_file_that_a_configuration_names_is_mounted() -> None:
    config = stack({"alerting/prometheus": {"remoteWrite": [STORE]}})
    for part in ("prometheus", "alertmanager", "relay"):
        (text,) = found(config, "ConfigMap", part)["data"].values()
        for file in secrets(config)[f"{part}-secrets"]:
            assert f"/etc/paddle-canary/secrets/{file}" in text


def relabelled(config: StackConfig, version: str, phase: str = "Running") -> dict[str, str]:
    """Labels that discovery gives the pods of a version, after the steps of the job."""
    labels = service(config, "ocr", version)["metadata"]["labels"]
    meta = {
        "__meta_kubernetes_namespace": "paddle-models",
        "__meta_kubernetes_pod_name": "ocr-x",
        "__meta_kubernetes_pod_phase": phase,
        **{service_label(key): value for key, value in labels.items()},
    }
    target: dict[str, str] = {}
    for step in of_models():
        if step.action == "drop" and meta[step.source or ""] in (step.regex or "").split("|"):
            return {}
        if step.action == "replace":
            target[step.target or ""] = meta[step.source or ""]
    return target


def test_a_pod_has_the_uniform_labels_and_its_track_from_the_service() -> None:
    uniform = {"namespace": "paddle-models", "model": "ocr", "pod": "ocr-x"}
    config = stack()
    assert relabelled(config, "v1.1") == {**uniform, "version": "v1.1", "track": "stable"}
    assert relabelled(config, "v1.2") == {**uniform, "version": "v1.2", "track": "canary"}
    assert relabelled(config, "v1.1", "Succeeded") == {}


def test_what_a_pod_says_of_itself_is_dropped_where_the_cluster_knows_better() -> None:
    (step,) = job(stack(), "paddle-models")["metric_relabel_configs"]
    assert step == {
        "action": "labeldrop",
        "regex": "exported_(namespace|model|version|track|pod|instance|job)",
    }


def test_only_endpoints_of_models_are_discovered() -> None:
    (discovery,) = job(stack(), "paddle-models")["kubernetes_sd_configs"]
    assert discovery["namespaces"] == {"names": ["paddle-models"]}
    assert {each["label"] for each in discovery["selectors"]} == {MODEL}
    assert MODEL in deployment(stack(), "ocr", "v1.1")["metadata"]["labels"]


def test_every_target_has_limits_and_that_of_a_pod_is_the_stack_files() -> None:
    config = stack({"alerting/prometheus": {"sampleLimit": 777}})
    limits = ("sample_limit", "label_limit", "label_name_length_limit", "label_value_length_limit")
    for each in prometheus_config(config)["scrape_configs"]:
        assert all(each[limit] > 0 for limit in limits), each["job_name"]
        assert each["body_size_limit"]
    assert job(config, "paddle-models")["sample_limit"] == 777


def test_the_operators_monitors_have_the_same_limits_and_labels() -> None:
    embedded, config = job(stack(), "paddle-models"), stack(OPERATOR)
    spec = found(config, "ServiceMonitor", "paddle-models")["spec"]
    assert spec["sampleLimit"] == embedded["sample_limit"]
    assert spec["labelLimit"] == embedded["label_limit"]
    (endpoint,) = spec["endpoints"]
    targets = {step.get("targetLabel") for step in endpoint["relabelings"]} - {None}
    assert targets == {"namespace", "pod", "model", "version", "track", "job"}
    monitors = [each for each in manifests(config) if each["kind"].endswith("Monitor")]
    for each in monitors:
        assert each["metadata"]["labels"]["release"] == "kube-prometheus"
        assert each["spec"]["sampleLimit"] > 0


def test_rules_are_the_same_in_both_modes() -> None:
    text = found(stack(), "ConfigMap", "rules-0")["data"]["rules-0.yaml"]
    rules = found(stack(OPERATOR), "PrometheusRule", "rules-0")["spec"]
    assert yaml.safe_load(text) == rules


def test_every_alertmanager_hears_of_every_alert() -> None:
    (alertmanagers,) = prometheus_config(stack())["alerting"]["alertmanagers"]
    (targets,) = alertmanagers["static_configs"]
    assert targets["targets"] == [
        f"alertmanager-{place}.alertmanager.paddle-monitoring.svc:9093" for place in (0, 1)
    ]
    workload = found(stack(), "StatefulSet", "alertmanager")
    assert workload["spec"]["replicas"] == 2
    assert workload["spec"]["serviceName"] == "alertmanager"


def test_one_alertmanager_looks_for_no_other() -> None:
    config = stack({"alerting/alertmanagers": 1})
    (server, _) = found(config, "StatefulSet", "alertmanager")["spec"]["template"]["spec"][
        "containers"
    ]
    assert "--cluster.listen-address=" in server["command"]
    assert not [flag for flag in server["command"] if "peer" in flag]
    assert not [each for each in manifests(config) if each["kind"] == "PodDisruptionBudget"]


def test_rules_and_routes_change_without_a_restart_and_the_relay_starts_anew() -> None:
    before = stack()
    after = stack({"models/ocr/slo": {"p99": "90ms"}, "alerting/language": "zh"})

    def template(config: StackConfig, name: str) -> Manifest:
        spec: Manifest = found(config, "StatefulSet", name)["spec"]["template"]
        return spec

    assert found(before, "ConfigMap", "rules-0") != found(after, "ConfigMap", "rules-0")
    for name in ("prometheus", "alertmanager"):
        assert template(before, name) == template(after, name)
    assert template(before, "relay") != template(after, "relay")


def test_without_volumes_data_lives_with_its_pod() -> None:
    for name in ("prometheus", "alertmanager", "relay"):
        with_volume = found(stack(), "StatefulSet", name)["spec"]
        assert [each["metadata"]["name"] for each in with_volume["volumeClaimTemplates"]] == [
            "data"
        ]
        without = found(stack({"alerting/prometheus": {"storage": "none"}}), "StatefulSet", name)
        assert "volumeClaimTemplates" not in without["spec"]
        assert "data" in [
            each["name"]
            for each in without["spec"]["template"]["spec"]["volumes"]
            if "emptyDir" in each
        ]


@pytest.mark.parametrize(
    ("storage", "most"), [("50Gi", "40960MB"), ("512Mi", "409MB"), ("none", "3276MB")]
)
def test_samples_never_fill_the_volume(storage: str, most: str) -> None:
    spec = found(stack({"alerting/prometheus": {"storage": storage}}), "StatefulSet", "prometheus")
    (server,) = spec["spec"]["template"]["spec"]["containers"]
    assert f"--storage.tsdb.retention.size={most}" in server["command"]


def test_monitoring_runs_on_the_pool_that_it_is_given() -> None:
    config = stack({"alerting/pool": "gpu-stable"})
    model = deployment(config, "ocr", "v1.1")["spec"]["template"]["spec"]
    for _, spec in pods(config):
        assert spec["nodeSelector"] == model["nodeSelector"]
        assert model["tolerations"][0] in spec["tolerations"]
    assert all("nodeSelector" not in spec for _, spec in pods(stack()))


def test_a_stack_without_robots_has_no_relay() -> None:
    config = stack(
        {"alerting/receivers/dingtalk": {}, "alerting/teams": {"vision": {"chat": ["phone"]}}}
    )
    assert "relay" not in dict(pods(config))
    assert "relay" not in [each["job_name"] for each in prometheus_config(config)["scrape_configs"]]
    assert "relay-secrets" not in secrets(config)


def test_a_scrape_is_given_up_before_the_next_one() -> None:
    config = stack({"alerting/prometheus": {"interval": "5s"}})
    assert prometheus_config(config)["global"]["scrape_timeout"] == "5s"
    assert prometheus_config(stack())["global"]["scrape_timeout"] == "10s"


def test_dashboards_are_json_that_grafanas_sidecar_finds() -> None:
    boards = [
        each
        for each in manifests(stack())
        if each["metadata"].get("labels", {}).get("grafana_dashboard") == "1"
    ]
    assert boards
    for board in boards:
        ((name, text),) = board["data"].items()
        assert json.loads(text)["uid"] == name.removesuffix(".json")


def group(rules: int, size: int) -> RuleGroup:
    return RuleGroup(
        "constants",
        timedelta(minutes=1),
        tuple(RecordingRule(f"a:b:{place}", "x" * size) for place in range(rules)),
    )


def test_rules_are_packed_in_order_and_no_pack_is_too_large() -> None:
    groups = [group(3, 300), group(40, 100), group(1, 10)]
    packs = packed(groups, largest=2000)
    assert len(packs) > 1
    for pack in packs:
        assert len(yaml.safe_dump({"groups": pack})) <= 2000
    rules = [rule for pack in packs for each in pack for rule in each["rules"]]  # type: ignore[attr-defined]
    assert rules == [rule.to_dict() for each in groups for rule in each.rules]


def test_parts_of_a_group_have_names_of_their_own() -> None:
    names = [each["name"] for pack in packed([group(40, 100)], largest=2000) for each in pack]
    assert len(set(names)) == len(names) > 1


def test_a_thousand_models_fit_into_objects_that_the_api_server_takes() -> None:
    base = values()
    model = base["models"]["ocr"]
    base["models"] = {f"m{n}": {**model, "host": f"m{n}.example.com"} for n in range(1000)}
    for manifest in manifests(parse(base)):
        size = len(json.dumps(manifest).encode())
        assert size < 1024 * 1024, manifest["metadata"]["name"]
    assert LARGEST < 1024 * 1024
