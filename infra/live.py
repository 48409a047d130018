"""Reading what the cluster really routes, and its clock, before anything is declared.

The outputs of the last update are behind the truth after an interrupted update or a roll-back
that patched the live weight. Reading also finds out that the cluster is away, or lacks a kind that
the stack needs, while nothing has been changed yet.
"""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import urllib3
import yaml
from kubernetes import client, config

from infra.config import StackConfig
from infra.names import MANAGED_BY, MODEL
from infra.release import Memory
from infra.split import Split
from infra.traffic import read_split

# A cluster that does not answer in this time (seconds: connect, read) is reported as away.
TIMEOUT = (5, 15)
IN_CLUSTER = "KUBERNETES_SERVICE_HOST"
_RIGHT_ONE = "check that KUBECONFIG or kubernetes:context names the right one"


class ClusterError(Exception):
    """The cluster cannot be read. `str()` says what was tried and what to do."""


@dataclass(frozen=True)
class Live:
    """The splits that the cluster routes, by model, and its time (UTC), the same for everybody."""

    splits: Mapping[str, Split]
    now: datetime


@dataclass(frozen=True)
class Access:
    """How the Kubernetes provider is told to reach the cluster: `kubernetes:kubeconfig` (a path or
    the file's content) and `kubernetes:context`; None leaves the choice to KUBECONFIG."""

    kubeconfig: str | None = None
    context: str | None = None


def read(stack: StackConfig, access: Access, last: Memory) -> Live:
    """Read the live routes of the stack's data plane.

    Raises `ClusterError` when the cluster is away, refuses us or lacks the kind of route.
    """
    routes, now = _list_routes(stack, access)
    by_model: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for route in routes:
        by_model[route["metadata"]["labels"][MODEL]].append(route)
    splits: dict[str, Split] = {}
    for name, found in by_model.items():
        try:
            split = read_split(stack, name, found, _versions(name, stack, last))
        except (LookupError, TypeError, ValueError) as error:
            raise ClusterError(
                f"the live routes of model {name} were changed into a shape that is not ours; "
                f"nothing was changed; delete them (kubectl -n {stack.namespace} delete "
                f"ingress,httproute -l {MODEL}={name}), then pulumi up --refresh"
            ) from error
        if split is not None:
            splits[name] = split
    return Live(splits, now)


def _versions(name: str, stack: StackConfig, last: Memory) -> set[str]:
    model, record = stack.models.get(name), last.records.get(name)
    return {*(model.versions if model else ()), *(record.since if record else ())}


def _list_routes(stack: StackConfig, access: Access) -> tuple[list[Mapping[str, Any]], datetime]:
    group, plural = (
        ("networking.k8s.io", "ingresses")
        if stack.data_plane == "ingress"
        else ("gateway.networking.k8s.io", "httproutes")
    )
    with asking(access, f"{plural}.{group}") as api:
        found, _, headers = client.CustomObjectsApi(
            api
        ).list_namespaced_custom_object_with_http_info(
            group,
            "v1",
            stack.namespace,
            plural,
            label_selector=",".join([*(f"{k}={v}" for k, v in MANAGED_BY.items()), MODEL]),
            _request_timeout=TIMEOUT,
        )
    try:
        return found["items"], parsedate_to_datetime(headers["Date"]).astimezone(UTC)
    except (TypeError, KeyError, ValueError) as error:
        raise ClusterError(
            f"{api.configuration.host} does not answer as a cluster does; nothing was changed; "
            f"{_RIGHT_ONE}"
        ) from error


@contextmanager
def asking(access: Access, kind: str) -> Iterator[client.ApiClient]:
    """A client for one question about objects of `kind`, whose failures become `ClusterError`."""
    settings = _settings(access)
    try:
        with client.ApiClient(settings) as api:
            yield api
    except urllib3.exceptions.HTTPError as error:
        raise ClusterError(
            f"the cluster {settings.host} does not answer ({_reason(error)}); nothing was changed; "
            f"check that it is up; {_RIGHT_ONE}"
        ) from error
    except client.ApiException as error:
        raise ClusterError(_explain(kind, settings.host, error)) from error


def _settings(access: Access) -> client.Configuration:
    settings = client.Configuration()
    try:
        if access == Access() and not os.environ.get("KUBECONFIG") and IN_CLUSTER in os.environ:
            config.load_incluster_config(client_configuration=settings)
        else:
            with _file(access.kubeconfig) as path:
                config.load_kube_config(
                    config_file=path, context=access.context, client_configuration=settings
                )
    except (config.ConfigException, yaml.YAMLError, TypeError, OSError) as error:
        # The client looks into whatever it finds in the file: a list, or a text.
        raise ClusterError(
            f"no cluster to deploy to ({error}); nothing was changed; set KUBECONFIG, or "
            f"kubernetes:kubeconfig and kubernetes:context in the stack file"
        ) from error
    # One attempt: the engine asks again when the engineer does.
    settings.retries = False
    return settings


@contextmanager
def _file(kubeconfig: str | None) -> Iterator[str | None]:
    """The path of a kubeconfig that may be given by its content."""
    if kubeconfig is None or "\n" not in kubeconfig:
        yield kubeconfig
        return
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(kubeconfig)
        file.flush()
        yield file.name


def _explain(kind: str, host: str, error: client.ApiException) -> str:
    if error.status in (401, 403):
        found = f"does not let us list {kind} ({error.status} {error.reason})"
        remedy = "check the rights of the user in the kubeconfig"
    elif error.status == 404:
        found = f"does not know {kind}"
        remedy = (
            "install the Gateway API CRDs, or write dataPlane: ingress"
            if kind.startswith("httproutes")
            else _RIGHT_ONE
        )
    else:
        found = f"cannot list {kind} now ({error.status} {error.reason})"
        remedy = "try again when it is well"
    return f"the cluster {host} {found}; nothing was changed; {remedy}"


def _reason(error: BaseException) -> BaseException:
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return error
