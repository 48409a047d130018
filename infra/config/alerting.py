"""How metrics are collected, and which alerts reach whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from infra.config.base import Part
from infra.config.collection import GatewayPods, MetricsService, Operator, Prometheus
from infra.config.hours import Mute, WorkingHours
from infra.config.names import Image, LabelName, TimeZone, UrlBase
from infra.config.receivers import Receivers, Smtp, Webhook
from infra.config.tuning import PlatformAlerts
from infra.config.values import Duration

Names = Annotated[tuple[LabelName, ...], Field(strict=False)]


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


class Images(Part):
    """Images of mode `embedded`, and of the relay in both modes."""

    prometheus: Image = Field(
        default="docker.io/prom/prometheus:v3.16.0", description="Image of Prometheus."
    )
    alertmanager: Image = Field(
        default="docker.io/prom/alertmanager:v0.31.1", description="Image of Alertmanager."
    )
    relay: Image = Field(description="Image of the relay, built from monitoring/relay.")


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


class GroupInterval(Part):
    """How long what joins a message, and its all-clear, wait at most for others."""

    critical: Duration = Field(
        default=timedelta(minutes=1), description="Of critical alerts. Default 1m."
    )
    warning: Duration = Field(
        default=timedelta(minutes=5),
        description="Of warnings: nobody waits for them, fewer messages are better. Default 5m.",
    )


class Alerting(Part):
    """Collection, rules, routes and receivers."""

    mode: Literal["embedded", "operator"] = Field(
        title="embedded or operator",
        description=(
            "embedded deploys Prometheus and Alertmanager; operator gives the cluster's Prometheus "
            "Operator objects to do so."
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
    time_zone: TimeZone = Field(
        default="Asia/Shanghai",
        description=(
            "IANA name of the time zone of working hours, of mutes and of times in messages. "
            "Default Asia/Shanghai."
        ),
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
    gateway: GatewayPods = Field(description="The gateway: where requests come from.")
    dcgm: MetricsService | None = Field(
        default=None,
        description=(
            "Service of the DCGM exporter, such as that of NVIDIA's GPU operator: namespace "
            "gpu-operator, service nvidia-dcgm-exporter, port gpu-metrics. Default: no metrics of "
            "GPUs."
        ),
    )
    operator: Operator | None = Field(
        default=None, description="The cluster's Prometheus Operator; needed in mode operator."
    )
    prometheus: Prometheus = Field(
        default=Prometheus(), description="Intervals, limits and storage."
    )
    alertmanagers: Literal[1, 2] = Field(
        default=2,
        title="1 or 2",
        description=(
            "Alertmanagers of mode `embedded`. Default 2: they know of each other's messages, and "
            "the relay tells what both send once."
        ),
    )
    pool: LabelName | None = Field(
        default=None,
        description=(
            "Pool in `nodePools` whose nodes monitoring runs on, for clusters that have no others. "
            "Default: nodes of no pool."
        ),
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
    working_hours: WorkingHours | None = Field(
        default=None,
        description="When warnings are delivered; critical alerts always are. Default: always.",
    )
    group_interval: GroupInterval = Field(
        default=GroupInterval(),
        description="How long further alerts of a version, and their end, wait to be told.",
    )
    mutes: Mapping[LabelName, Mute] = Field(
        default={},
        title="a mapping of names to mutes",
        description="Planned times in which nobody is told, by name. Default: none.",
    )
    dead_mans_switch: Webhook | None = Field(
        default=None,
        description=(
            "Webhook of a service that raises the alarm when it is not called each minute: the "
            "only one that notices when Prometheus or Alertmanager is gone. Default: none."
        ),
    )
    alerts: PlatformAlerts = Field(
        default=PlatformAlerts(),
        description="Alerts about the platform; a model has its own. Default: all of them.",
    )
