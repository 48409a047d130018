"""The rollout controller: two pods, and rights for a release and nothing else.

What it may write are the objects that differ between two splits of a model, and its own journals
and leases: an update of anything else is refused by the cluster, and is a person's to run.
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.config import StackConfig, canary_name, object_name
from infra.config.controller import Controller
from infra.isolation import HOSTNAME, Manifest
from infra.names import DELETE_AT_ONCE, cluster_wide_name
from monitoring.collection import pods
from monitoring.collection.access import account, binding, granted
from monitoring.collection.names import CONTROLLER, PORTS, labels, selector
from monitoring.secret_files import DIRECTORY
from monitoring.stack import alerting_of

_REPLICAS = 2
_CHECKOUT = "/checkout"
LEASE = "rollouts"
"""By which one of the pods drives everything; `rollout.journal.name` begins with `rollout-`."""


def controller(config: StackConfig) -> Iterator[Manifest]:
    """Everything that it consists of; nothing for a stack without `controller`."""
    if config.controller is None:
        return
    yield account(config, CONTROLLER)
    yield from _access(config)
    template = pods.template(
        config,
        CONTROLLER,
        [_server(config.controller)],
        _volumes(config.controller),
        account=CONTROLLER,
    )
    template["spec"]["topologySpreadConstraints"] = [
        {
            "maxSkew": 1,
            "topologyKey": HOSTNAME,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector(CONTROLLER)},
        }
    ]
    # An update that is under way ends first: the state of one that is killed stays locked.
    template["spec"]["terminationGracePeriodSeconds"] = 120
    yield _disruption_budget(config)
    yield pods.deployment(config, CONTROLLER, template, _REPLICAS)


def _volumes(wanted: Controller) -> list[pods.Volume]:
    claim = {"persistentVolumeClaim": {"claimName": wanted.checkout}}
    secret = {"secret": {"secretName": wanted.secret, "defaultMode": 0o440}}
    return [
        pods.Volume("secrets", DIRECTORY, secret),
        pods.Volume("checkout", _CHECKOUT, claim, writable=True),
        pods.Volume("tmp", "/tmp", {"emptyDir": {"sizeLimit": "256Mi"}}, writable=True),
    ]


def _server(wanted: Controller) -> Manifest:
    command = [
        *("python3", "-m", "rollout", "serve", "--stack", wanted.stack),
        *("--project", _CHECKOUT, "--health", f"0.0.0.0:{PORTS[CONTROLLER]}"),
    ]
    # The engine, its provider and the program run beside the controller while it updates.
    started = pods.container(
        CONTROLLER, wanted.image, command, _volumes(wanted), cpu="100m", memory="1Gi"
    )
    variables = {
        "PULUMI_BACKEND_URL": wanted.backend,
        "PULUMI_CONFIG_PASSPHRASE_FILE": f"{DIRECTORY}/passphrase",
        **wanted.env,
    }
    started["env"] = [{"name": name, "value": value} for name, value in variables.items()]
    return pods.serving(CONTROLLER, started, ready="/health", live="/health")


def _access(config: StackConfig) -> Iterator[Manifest]:
    journals = [f"rollout-{model}" for model in config.models]
    routes, services = _of_traffic(config)
    group, plural = (
        ("networking.k8s.io", "ingresses")
        if config.data_plane == "ingress"
        else ("gateway.networking.k8s.io", "httproutes")
    )
    yield from granted(
        config,
        CONTROLLER,
        config.namespace,
        [
            _rule("", "configmaps", "create"),
            _rule("", "configmaps", "get", "update", names=journals),
            _rule("coordination.k8s.io", "leases", "create"),
            _rule("coordination.k8s.io", "leases", "get", "update", names=[*journals, LEASE]),
            _rule("apps", "deployments", "list"),
            _rule(group, plural, "list"),
            _rule(group, plural, "get", "patch", names=routes),
            _rule("", "services", "get", "patch", names=services),
        ],
    )
    yield from _of_cluster(config)


def _of_traffic(config: StackConfig) -> tuple[list[str], list[str]]:
    """Names of the objects that differ between splits: routes, and Services at promotion."""
    routes = [
        name
        for model in config.models
        for name in ((model, canary_name(model)) if config.data_plane == "ingress" else (model,))
    ]
    services = [
        object_name(name, version)
        for name, model in config.models.items()
        for version in model.versions
    ]
    return routes, services


def _of_cluster(config: StackConfig) -> Iterator[Manifest]:
    """Spare accelerators: of nodes, and of the pods of everybody."""
    name = cluster_wide_name(alerting_of(config).namespace, CONTROLLER)
    metadata = {"name": name, "labels": labels(CONTROLLER), "annotations": DELETE_AT_ONCE}
    yield {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": metadata,
        "rules": [_rule("", "nodes", "list"), _rule("", "pods", "list")],
    }
    yield binding(config, CONTROLLER, "ClusterRole", metadata)


def _rule(group: str, plural: str, *verbs: str, names: list[str] | None = None) -> Manifest:
    rule: Manifest = {"apiGroups": [group], "resources": [plural], "verbs": list(verbs)}
    return rule if names is None else {**rule, "resourceNames": names}


def _disruption_budget(config: StackConfig) -> Manifest:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {
            "name": CONTROLLER,
            "namespace": alerting_of(config).namespace,
            "labels": labels(CONTROLLER),
            "annotations": DELETE_AT_ONCE,
        },
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": selector(CONTROLLER)}},
    }
