"""The whole configuration of a stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr

from infra.config.alerting import Alerting
from infra.config.base import Part
from infra.config.controller import Controller
from infra.config.model import Model
from infra.config.names import (
    LabelName,
    ModelName,
    ObjectName,
    StackName,
    UrlPrefix,
    VersionName,
)
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
    """Everything that a stack file says under `paddle-canary:`.

    Of a stack with a `base`, everything that holds for it: what its file says, and what is that of
    its base (infra/config/bases.py).
    """

    base: StackName | None = Field(
        default=None,
        description=(
            "Stack that this one stands on, as in `pulumi stack select`: its pools, data plane, "
            "registry and alerting hold here, too, and are declared there alone. Default: none."
        ),
    )
    groups: Annotated[tuple[LabelName, ...], Field(strict=False)] = Field(
        default=(),
        title="a list of namespaces, such as [vision, speech]",
        description=(
            "Namespaces that this stack makes and watches for stacks which have it as their "
            "`base`, one for each group of models. Default: none."
        ),
    )
    namespace: LabelName = Field(
        default="paddle-models",
        description="Namespace of the models. Default paddle-models; on a base, one of its groups.",
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

    _base: StackConfig | None = PrivateAttr(default=None)

    @property
    def platform(self) -> str:
        """Namespace of the stack that has the pools: cluster-wide objects are named after it."""
        return self._base.platform if self._base else self.namespace

    @property
    def owns_platform(self) -> bool:
        """Whether namespaces, pools, priorities and quotas are declared by this stack."""
        return self._base is None

    @property
    def owns_alerting(self) -> bool:
        """Whether collection and delivery are declared by this stack, and not by its base."""
        return self.alerting is not None and (self._base is None or self._base.alerting is None)

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Namespaces of models that this stack has to do with: its own, and those of its groups."""
        own = (self.namespace,)
        return (*own, *self.groups) if self.namespace == self.platform else own

    def root(self, name: str) -> str:
        """Name of the platform's stack: that of this one, `name`, where it stands on nothing."""
        return self._base.root(self.base) if self._base and self.base else name

    def on(self, base: StackConfig) -> StackConfig:
        """The same configuration, which stands on `base`."""
        copy = self.model_copy()
        copy._base = base
        return copy
