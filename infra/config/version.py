"""One version of a model: its image and what its pods need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from pydantic import Field

from infra.config.base import Part
from infra.config.names import Cpu, EnvName, Image, LabelName, Memory
from infra.config.values import Duration


class Resources(Part):
    """What one pod asks for. Requests equal limits, except that processor time is not limited."""

    cpu: Cpu = Field(
        default="1",
        description='Processor cores requested. Default "1". No limit: throttling costs latency.',
    )
    memory: Memory = Field(
        default="2Gi",
        description="Memory requested and allowed. Default 2Gi: Paddle levels off near 1 GB.",
    )
    accelerators: int = Field(
        default=1,
        ge=0,
        le=64,
        title="a whole number from 0 to 64",
        description=(
            "Accelerators of the pool's kind. Default 1: one worker process drives one device. "
            "Unused in a pool with accelerator `none`."
        ),
    )


class Autoscale(Part):
    """Pods by processor load. The cluster then owns their number, so `replicas` is refused."""

    min: int = Field(ge=1, title="a whole number from 1", description="Fewest pods.")
    max: int = Field(ge=1, title="a whole number from 1", description="Most pods.")
    cpu: int = Field(
        ge=1,
        le=100,
        title="a whole number of percent from 1 to 100",
        description="Processor load, in percent of the request, at which pods are added.",
    )


class Version(Part):
    """One version of a model: a Deployment, a Service and a disruption budget of its own."""

    image: Image = Field(description="Image of the container, by a tag that stays or a digest.")
    replicas: int = Field(
        default=1,
        ge=0,
        le=1000,
        title="a whole number from 0 to 1000",
        description="Pods. Default 1. 0 parks a version that gets no traffic.",
    )
    pool: LabelName = Field(description="Key of the pool in `nodePools` that its pods run on.")
    env: Mapping[EnvName, str] = Field(
        default={},
        title='a mapping of variables to text, such as {WORKERS: "2"}',
        description="Extra variables of the container. MODEL_NAME and MODEL_VERSION are given.",
    )
    resources: Resources = Field(
        default=Resources(), description="What one pod asks for. Default: 1 core, 2Gi, 1 device."
    )
    autoscale: Autoscale | None = Field(
        default=None, description="Number of pods by load, instead of `replicas`. Default: off."
    )
    ready_timeout: Duration = Field(
        default=timedelta(minutes=10),
        description=(
            "How long a rollout of pods may take until it counts as failed. Default 10m: a large "
            "image is pulled and a model loaded in that time."
        ),
    )


def fewest_pods(version: Version) -> int:
    """Pods of a version at the least: with an autoscaler, its lower end."""
    return version.autoscale.min if version.autoscale else version.replicas


def most_pods(version: Version) -> int:
    """Pods of a version at the most: with an autoscaler, its upper end."""
    return version.autoscale.max if version.autoscale else version.replicas


def most_accelerators(version: Version) -> int:
    """Accelerators of a version at the most, over all its pods."""
    return most_pods(version) * version.resources.accelerators
