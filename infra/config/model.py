"""A model: where it is reached, its versions, and how traffic moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from pydantic import Field

from infra.config.base import Part
from infra.config.names import Host, LabelName, ObjectName, Token, UrlPath, VersionName
from infra.config.rollout import Rollout
from infra.config.tuning import ModelAlerts
from infra.config.values import Duration, Weight
from infra.config.version import Version


class Match(Part):
    """How testers reach the canary at any weight: by a header, a cookie, or either."""

    header: Token | None = Field(default=None, description="Name of the request header.")
    cookie: Token | None = Field(default=None, description="Name of the cookie.")


class Tls(Part):
    """HTTPS at the model's host."""

    secret_name: ObjectName = Field(
        description="Name of the TLS secret, which holds the host's certificate."
    )


class Quality(Part):
    """Which scores of one signal are those of a bad answer: exactly one of the two bounds."""

    below: float | None = Field(
        default=None, description="Scores up to this bound are bad; a bucket of the histogram."
    )
    above: float | None = Field(
        default=None, description="Scores above this bound are bad; a bucket of the histogram."
    )


class Slo(Part):
    """What the model owes its users; rollbacks and alerts use these thresholds."""

    error_ratio: float = Field(
        default=0.01,
        ge=0,
        le=1,
        title="a share from 0 to 1",
        description="Failed requests per request. Default 0.01.",
    )
    p99: Duration = Field(
        default=timedelta(milliseconds=500),
        description="Latency that 99 of 100 requests stay below. Default 500ms.",
    )
    traffic_drop: float = Field(
        default=0.5,
        ge=0,
        le=1,
        title="a share from 0 to 1",
        description="Lost share of the usual traffic that raises an alert. Default 0.5, half.",
    )
    quality: Mapping[LabelName, Quality] = Field(
        default={},
        title="a mapping of signals to bounds, such as {confidence: {below: 0.6}}",
        description=(
            "Scores of the handler (`paddle_model_quality`) that tell a bad answer. A version with "
            "more of them than stable is rolled back. Default: none."
        ),
    )


class Model(Part):
    """A model at one host and path, its versions, and who gets which share of its requests."""

    host: Host = Field(description="DNS name at which clients reach the model.")
    path: UrlPath = Field(
        default="/", description="Path prefix at the host that belongs to the model. Default /."
    )
    owner: LabelName | None = Field(
        default=None,
        description="Team in `alerting.teams` that is told. Default: `alerting.defaultTeam`.",
    )
    tls: Tls | None = Field(default=None, description="HTTPS at the host. Default: plain HTTP.")
    stable: VersionName = Field(description="Version that gets what the canaries leave.")
    canary: Mapping[VersionName, Weight] = Field(
        default={},
        title="a mapping of versions to weights, such as {v1.2: 5}, or {} for no canary",
        description="Weight of each canary version in percent. Default {}: no canary.",
    )
    match: Match | None = Field(
        default=None, description="How testers reach the canary. Default: by chance only."
    )
    versions: Mapping[VersionName, Version] = Field(
        title="a mapping of version names to versions",
        description=(
            "Every version that runs. The previous stable stays here, warm, as long as going "
            "back to it should take no time."
        ),
    )
    isolation: Literal["required", "shared"] = Field(
        default="required",
        title="required or shared",
        description=(
            "Whether a canary needs another pool than stable. Default required: a canary that "
            "exhausts a device must not take stable with it."
        ),
    )
    rollout: Rollout = Field(default=Rollout(), description="How a new version may advance.")
    slo: Slo = Field(default=Slo(), description="What the model owes its users.")
    alerts: ModelAlerts = Field(
        default=ModelAlerts(), description="Alerts about the model. Default: all of them."
    )
