"""How metrics are collected, and which alerts reach whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from infra.config.base import Part
from infra.config.names import Clock, LabelName, Memory, TimeZone, UrlBase
from infra.config.receivers import Receivers, Smtp
from infra.config.tuning import PlatformAlerts
from infra.config.values import Duration, SecretText

Names = Annotated[tuple[LabelName, ...], Field(strict=False)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Links(Part):
    """Where people who read an alert find more."""

    alertmanager: UrlBase | None = Field(
        default=None, description="Alertmanager's own pages, for silences. Default: no link."
    )
    prometheus: UrlBase | None = Field(
        default=None, description="Prometheus' own pages. Default: no link."
    )
    grafana: UrlBase | None = Field(
        default=None, description="Grafana, for dashboards. Default: no link."
    )
    runbooks: UrlBase | None = Field(
        default=None,
        description="Where monitoring/runbooks is published, a page for each alert. Default: none.",
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
    storage: Memory = Field(default="50Gi", description="Size of its volume. Default 50Gi.")
    storage_class: LabelName | None = Field(
        default=None, description="StorageClass of the volumes. Default: that of the cluster."
    )
    remote_write: Annotated[tuple[RemoteWrite, ...], Field(strict=False)] = Field(
        default=(),
        title="a list of stores, such as [{url: https://mimir.example.com/api/v1/push}]",
        description="Stores that get a copy of every sample. Default: none.",
    )


class Images(Part):
    """Images of mode `embedded`, and of the relay in both modes."""

    prometheus: str = Field(
        default="docker.io/prom/prometheus:v3.16.0", description="Image of Prometheus."
    )
    alertmanager: str = Field(
        default="docker.io/prom/alertmanager:v0.31.1", description="Image of Alertmanager."
    )
    relay: str = Field(description="Image of the relay, built from monitoring/relay.")


class Team(Part):
    """Who is told about the models of a team."""

    chat: Names = Field(
        min_length=1,
        title="a list of receivers, such as [vision-dingtalk]",
        description="Receivers of warnings and critical alerts.",
    )
    phone: Names = Field(
        default=(),
        title="a list of receivers, such as [oncall-phone]",
        description="Receivers of critical alerts only, who are woken. Default: nobody.",
    )


class Hours(Part):
    """Hours of the week."""

    time_zone: TimeZone = Field(
        default="Asia/Shanghai", description="IANA name of the time zone. Default Asia/Shanghai."
    )
    days: Annotated[tuple[Weekday, ...], Field(strict=False)] = Field(
        default=("monday", "tuesday", "wednesday", "thursday", "friday"),
        min_length=1,
        title="a list of days, such as [monday, tuesday]",
        description="Days. Default Monday to Friday.",
    )
    start: Clock = Field(default="09:00", description='First minute. Default "09:00".')
    end: Clock = Field(default="18:00", description='The minute after the last. Default "18:00".')


class Alerting(Part):
    """Collection, rules, routes and receivers."""

    mode: Literal["embedded", "operator"] = Field(
        title="embedded or operator",
        description=(
            "embedded deploys Prometheus and Alertmanager; operator gives the cluster's Prometheus "
            "Operator PodMonitor, PrometheusRule and AlertmanagerConfig."
        ),
    )
    namespace: LabelName = Field(
        default="paddle-monitoring",
        description="Namespace of Prometheus, Alertmanager and relay. Default paddle-monitoring.",
    )
    language: Literal["en", "zh"] = Field(
        default="en",
        title="en or zh",
        description="Language of messages: English or Chinese. Default en.",
    )
    dashboards: Literal["sidecar", "operator"] = Field(
        default="sidecar",
        title="sidecar or operator",
        description=(
            "What puts the dashboards into Grafana: the sidecar of its chart, which has to look "
            "into `namespace`, or the Grafana operator. Default sidecar."
        ),
    )
    links: Links = Field(default=Links(), description="Where readers of an alert find more.")
    prometheus: Prometheus = Field(
        default=Prometheus(), description="Intervals, limits and storage."
    )
    images: Images = Field(description="Images of what is deployed.")
    receivers: Receivers = Field(description="Everybody who can be told.")
    smtp: Smtp | None = Field(default=None, description="Mail server; needed for mail receivers.")
    teams: Mapping[LabelName, Team] = Field(
        min_length=1,
        title="a mapping of team names to teams",
        description="Who is told, by team; a model names its team as `owner`.",
    )
    default_team: LabelName = Field(
        description="Team of models without `owner`, and of alerts about the platform itself."
    )
    working_hours: Hours | None = Field(
        default=None,
        description="When warnings are delivered; critical alerts always are. Default: always.",
    )
    alerts: PlatformAlerts = Field(
        default=PlatformAlerts(),
        description="Alerts about the platform; a model has its own. Default: all of them.",
    )
