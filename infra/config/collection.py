"""What metrics are read from, by which Prometheus, and where that one runs and writes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from infra.config.base import Part
from infra.config.names import (
    Cidr,
    LabelName,
    Memory,
    ObjectName,
    PortName,
    SeriesLabel,
    TaintKey,
    TaintValue,
    UrlBase,
    VolumeSize,
)
from infra.config.values import Duration, SecretText


class MetricsService(Part):
    """A Service of somebody else, each of whose endpoints is scraped."""

    namespace: LabelName = Field(description="Namespace of the Service.")
    service: ObjectName = Field(description="Name of the Service.")
    port: PortName = Field(description="Name of the Service's port that serves /metrics.")


class GatewayPods(Part):
    """The gateway that sends requests to the models: who may reach them, and its metrics."""

    namespace: LabelName = Field(
        description="Namespace of the gateway's pods; requests are taken from there alone."
    )
    service: ObjectName = Field(
        default="traefik-metrics",
        description="Service in front of its metrics. Default traefik-metrics.",
    )
    port: PortName = Field(
        default="metrics", description="Name of that Service's port. Default metrics."
    )
    addresses: Annotated[tuple[Cidr, ...], Field(strict=False)] = Field(
        default=(),
        title="a list of ranges, such as [10.0.0.0/24]",
        description=(
            "Ranges that requests come from beside the pods of the namespace: those of the nodes "
            "for a gateway in the network of its host. Default: none."
        ),
    )
    entry_points: Annotated[tuple[LabelName, ...], Field(strict=False)] = Field(
        default=("web", "websecure"),
        min_length=1,
        title="a list of names, such as [web, websecure]",
        description=(
            "Traefik's entry points that the Gateway listens on, which are part of what its "
            "metrics call a backend on data plane gateway. Default [web, websecure]."
        ),
    )


class Operator(Part):
    """The cluster's Prometheus Operator, for mode `operator`."""

    namespace: LabelName = Field(
        description="Namespace of the Prometheus that scrapes; metrics are given to it alone."
    )
    labels: Mapping[TaintKey, TaintValue] = Field(
        default={},
        title="a mapping of labels, such as {release: kube-prometheus-stack}",
        description=(
            "Labels by which that Prometheus selects monitors and rules. Default: none needed."
        ),
    )


class RemoteWrite(Part):
    """A store that gets a copy of every sample: Thanos, Mimir, VictoriaMetrics."""

    url: UrlBase = Field(description="Address that takes remote write requests.")
    token: SecretText | None = Field(
        default=None, description="Bearer token of the store. Default: none."
    )


class Prometheus(Part):
    """The Prometheus of mode `embedded`; the limits and the interval count in both modes."""

    interval: Duration = Field(
        default=timedelta(seconds=15),
        description="Time between scrapes and rule evaluations. Default 15s.",
    )
    sample_limit: int = Field(
        default=5000,
        ge=100,
        title="a whole number from 100",
        description="Most samples of one pod; a scrape with more is refused. Default 5000.",
    )
    retention: Duration = Field(
        default=timedelta(days=35),
        description=(
            "How long samples are kept. Default 840h, 35 days: the traffic norm looks back three "
            "weeks."
        ),
    )
    memory: Memory = Field(
        default="2Gi",
        description="Memory of its pod. Default 2Gi: about 300,000 series.",
    )
    storage: VolumeSize = Field(
        default="50Gi",
        description=(
            "Size of its volume; `none` for a cluster without volumes: samples, silences and what "
            "the relay has not told yet are then lost with their pods. Default 50Gi."
        ),
    )
    storage_class: LabelName | None = Field(
        default=None, description="StorageClass of the volumes. Default: that of the cluster."
    )
    external_labels: Mapping[SeriesLabel, TaintValue] = Field(
        default={},
        title="a mapping of labels, such as {cluster: prod}",
        description=(
            "Labels of every sample in other stores, which tell clusters apart there. Default: "
            "none."
        ),
    )
    remote_write: Annotated[tuple[RemoteWrite, ...], Field(strict=False)] = Field(
        default=(),
        title="a list of stores, such as [{url: https://mimir.example.com/api/v1/push}]",
        description="Stores that get a copy of every sample. Default: none.",
    )
