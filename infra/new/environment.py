"""The text of a new stack file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from infra.config.schema import PREFIX


@dataclass(frozen=True)
class Environment:
    """What a new stack is for: nodes for both tracks, or a base that has them.

    groups: namespaces for stacks on this one. namespace: of the models; None for the default.
    """

    stable: Sequence[str] = ()
    canary: Sequence[str] = ()
    accelerator: str = "nvidia.com/gpu"
    base: str | None = None
    namespace: str | None = None
    groups: Sequence[str] = ()


def text(environment: Environment) -> str:
    """A stack file without models."""
    lines = ["# yaml-language-server: $schema=infra/config/stack.schema.json", "config:"]
    if environment.base is not None:
        lines.append(_key("base", environment.base))
    if environment.namespace is not None:
        lines.append(_key("namespace", environment.namespace))
    if environment.groups:
        lines += ["  # Stacks with this one as their base, one a namespace.", _groups(environment)]
    if environment.base is None:
        lines.append(f"  {PREFIX}nodePools:")
        tracks = {"stable": environment.stable, "canary": environment.canary}
        for track, nodes in tracks.items():
            lines += [
                f"    gpu-{track}:",
                "      provider: existing",
                f"      nodes: [{', '.join(map(_scalar, nodes))}]",
                f"      accelerator: {_scalar(environment.accelerator)}",
                f"      track: {track}",
            ]
    lines += ["  # python -m infra.new model adds one.", f"  {PREFIX}models: {{}}"]
    return "\n".join(lines) + "\n"


def _groups(environment: Environment) -> str:
    return f"  {PREFIX}groups: [{', '.join(map(_scalar, environment.groups))}]"


def _key(key: str, value: str) -> str:
    return f"  {PREFIX}{key}: {_scalar(value)}"


def _scalar(value: str) -> str:
    # What JSON writes is YAML, and never another type than text.
    plain = value.replace("-", "").replace("/", "").replace(".", "")
    return (
        value
        if plain.isalpha() and plain.isascii() and len(plain) > len("false")
        else (json.dumps(value))
    )
