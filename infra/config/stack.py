"""The whole configuration of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from infra.config.alerting import Alerting
from infra.config.base import Part
from infra.config.controller import Controller
from infra.config.model import Model
from infra.config.names import LabelName, ModelName, ObjectName, UrlPrefix, VersionName
from infra.config.pools import Pool
from infra.config.values import SecretText, Weight


class Gateway(Part):
    """The Gateway that the HTTPRoutes attach to."""

    name: ObjectName = Field(description="Name of the Gateway.")
    namespace: LabelName = Field(description="Namespace of the Gateway.")
    section_name: LabelName | None = Field(
        default=None, description="Listener of the Gateway. Default: every listener that fits."
    )


class Registry(Part):
    """Where images are pulled from with a password; becomes a pull secret."""

    server: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?$",
        title="the host of the registry, such as registry.example.com",
        description="Host of the registry, as it stands at the front of the images.",
    )
    username: str = Field(
        min_length=1, title="the name of the user", description="User that pulls."
    )
    password: SecretText = Field(description="Password or token of the user, encrypted.")


class Override(Part):
    """Break glass: lets one change of traffic past the guard, and is recorded in the outputs."""

    model: ModelName = Field(description="Key of the model in `models`.")
    stable: VersionName = Field(description="The model's `stable` as this file has it.")
    canary: Mapping[VersionName, Weight] = Field(
        default={},
        title="a mapping of versions to weights, such as {v1.2: 5}, or {} for no canary",
        description="The model's `canary` as this file has it. Default {}: no canary.",
    )
    reason: str = Field(
        pattern=r"^\s*\S[\s\S]{8,}\S\s*$",
        title="why, in ten characters or more",
        description="Why the guard must let this change through.",
    )


class StackConfig(Part):
    """Everything that a stack file says under `paddle-canary:`."""

    namespace: LabelName = Field(
        default="paddle-models", description="Namespace of the models. Default paddle-models."
    )
    data_plane: Literal["ingress", "gateway"] = Field(
        default="ingress",
        title="ingress or gateway",
        description=(
            "What splits requests: canary annotations of an Ingress, or weights of an HTTPRoute "
            "(several canaries at once). Default ingress."
        ),
    )
    ingress_class: ObjectName = Field(
        default="nginx",
        description="IngressClass on data plane ingress. Default nginx.",
    )
    gateway: Gateway | None = Field(
        default=None, description="The Gateway; needed on data plane gateway."
    )
    public_url: UrlPrefix | None = Field(
        default=None,
        description=(
            "Where clients reach the gateway if not at the models' hosts, for example by a "
            "forwarded port. Default: http(s)://<host>."
        ),
    )
    registry: Registry | None = Field(
        default=None, description="Registry with a password. Default: images need none."
    )
    node_pools: Mapping[LabelName, Pool] = Field(
        title="a mapping of pool names to pools", description="The GPU node pools by name."
    )
    models: Mapping[ModelName, Model] = Field(
        title="a mapping of model names to models", description="The models by name."
    )
    alerting: Alerting | None = Field(
        default=None,
        description="Metrics, alerts and who is told. Default: nothing is deployed for them.",
    )
    controller: Controller | None = Field(
        default=None,
        description=(
            "The rollout controller in the cluster, beside monitoring. Default: rollouts are "
            "driven where `python -m rollout run` runs."
        ),
    )
    override: Override | None = Field(
        default=None, description="Break glass for one change of traffic. Remove it afterwards."
    )
