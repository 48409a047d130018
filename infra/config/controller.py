"""The rollout controller as a part of the cluster."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from infra.config.base import Part
from infra.config.names import EnvName, Image, ObjectName


class Controller(Part):
    """Two pods, of which the holder of a Lease drives every rollout that is under way."""

    image: Image = Field(description="Image of the controller, built from rollout/Dockerfile.")
    stack: str = Field(
        pattern="^[A-Za-z0-9._-]+$",
        max_length=100,
        title="the name of this stack, such as prod",
        description="Name of this stack, whose file is Pulumi.<name>.yaml.",
    )
    backend: str = Field(
        pattern=r"^(https?|s3|gs|azblob|file)://[^\s@]+$",
        title="the URL of a backend, without user and password, such as s3://states",
        description="Where Pulumi keeps the state, as PULUMI_BACKEND_URL has it.",
    )
    checkout: ObjectName = Field(
        description=(
            "PersistentVolumeClaim in `alerting.namespace` with a checkout of the project, whose "
            "stack file is written by whichever pod acts: ReadWriteMany, for group 10001."
        )
    )
    secret: ObjectName = Field(
        description=(
            "Secret in `alerting.namespace`, mounted at /etc/paddle-canary/secrets: `passphrase` "
            "of the stack, and what else `env` points to."
        )
    )
    env: Mapping[EnvName, str] = Field(
        default={},
        title="a mapping of variables to text, such as {AWS_REGION: eu-central-1}",
        description="Variables by which the backend is reached; secrets only as files.",
    )
