"""The stack output `shared`: what a base has deployed that stacks on it need to know."""

from __future__ import annotations

import json
from collections.abc import Mapping

from infra.config import ConfigErrors, StackConfig, parse
from infra.config.bases import SHARED, is_said


def may_be_base(values: Mapping[str, object]) -> bool:
    """Whether other stacks may stand on the one with these values, without `paddle-canary:`."""
    return "groups" in values or {"base", "alerting"} <= values.keys()


def to_shared(config: StackConfig) -> str:
    """The configuration of a base as JSON text, in which numbers stay what they are.

    No secret is in it: stacks on this one use none of them.
    """
    said = {field for field in SHARED if is_said(config, field)}
    values = config.model_dump(mode="json", by_alias=True, exclude_unset=True, include=said)
    return json.dumps({**values, "namespace": config.platform})


def from_shared(text: str) -> StackConfig:
    """The base with that output; secrets are stand-ins.

    Raises ValueError where another release of this project wrote it, and this one cannot read it.
    """
    try:
        return parse({**json.loads(text), "models": {}})
    except (ConfigErrors, TypeError) as error:
        raise ValueError(f"what it has deployed cannot be read here ({error})") from error
