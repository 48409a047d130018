"""What `pulumi up` runs: configuration, memory and live routes in, components and outputs out."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from textwrap import indent
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from infra.clouds import PackagesMissing, require_packages
from infra.components import (
    ModelRelease,
    ModelReleaseArgs,
    NodePool,
    NodePoolArgs,
    Platform,
    PlatformArgs,
)
from infra.config import ConfigErrors, StackConfig, parse
from infra.live import Access, ClusterError, read
from infra.node_pools import pool_objects
from infra.nodes import explain, missing_nodes, without
from infra.outputs import from_outputs, to_outputs
from infra.release import Memory, Refused, admit, found, is_roll_back
from infra.shared import from_shared, may_be_base, to_shared

Declare = Callable[[StackConfig, pulumi.ResourceOptions], None]
"""Declares more of a stack; the options say what must be there first."""


def run(*more: Declare) -> None:
    """Declare the stack. Nothing is declared before the guard has seen the whole change.

    `more` comes last: traffic never stands behind it.
    """
    # The engine interrupts the program when a resource fails: its error is the one to read, and
    # not a traceback of ours.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    values = _values()
    # What stands on nothing needs nobody to be asked before it is refused.
    config = None if "base" in values else _configuration(values, None)
    outputs: pulumi.Output[dict[str, Any]] = pulumi.Output.from_input(
        _release(values, config, more)
    )
    for name in ("models", "overrides", *(["shared"] if may_be_base(values) else [])):
        pulumi.export(name, outputs[name])


async def _release(
    values: Mapping[str, object], config: StackConfig | None, more: Iterable[Declare]
) -> dict[str, Any]:
    if config is None:
        config = _configuration(values, await _base(str(values["base"])))
    last = from_outputs(await _outputs_of("last-update", pulumi.get_stack()) or {})
    # Before the cluster tells its time, in whole seconds: a clock may start late, but not early.
    asked = time.monotonic() - 1
    try:
        live = await asyncio.to_thread(read, config, _access(), last)
        memory = found(last, live.splits, live.now)
        _warn_of_other_hands(last, memory)
        admit(config, memory, live.now)
        config = await asyncio.to_thread(_without_missing_nodes, config, memory)
    except (ClusterError, Refused) as error:
        raise pulumi.RunError(str(error)) from error
    # An update that fails before its routes are live leaves the last outputs as they were, and
    # clocks start when the routes are live: long after the pods were declared, it may be.
    await _done(await _declare(config, memory, more))
    waited = timedelta(seconds=time.monotonic() - asked)
    outputs = to_outputs(config, admit(config, memory, live.now + waited))
    return {**outputs, "shared": to_shared(config)}


def _warn_of_other_hands(last: Memory, memory: Memory) -> None:
    for name, record in memory.records.items():
        before = last.records.get(name)
        if before is not None and before.split != record.split:
            pulumi.warn(
                f"models.{name}: the cluster routes {record.split} and the last update left "
                f"{before.split}; the guard goes by the cluster, and an update writes the routes "
                f"anew"
            )


async def _declare(
    config: StackConfig, memory: Memory, more: Iterable[Declare]
) -> list[pulumi.Resource]:
    """Declare everything. Returns all routes."""
    after_platform = pulumi.ResourceOptions()
    if config.owns_platform:
        platform = Platform("platform", PlatformArgs(config))
        after_platform = pulumi.ResourceOptions(depends_on=platform.ready)
    releases = [
        ModelRelease(
            name,
            ModelReleaseArgs(config, name, memory.records.get(name)),
            after_platform,
        )
        for name in config.models
    ]
    # What goes down, or stays, goes first: a roll-back does not stand behind a node that is gone
    # or pods that never get ready.
    first = [route for release in releases if not release.waits for route in release.route({})]
    # Not by dependencies: of everything on every route, the state of 200 models would have a
    # quarter of a million, and one changed weight would rewrite it at every resource.
    await _done(first)
    # On a base, pools are the base's, but for what the stack's own pods claim of them.
    pools = [p for p in config.node_pools if config.owns_platform or any(pool_objects(config, p))]
    for name in pools:
        NodePool(name, NodePoolArgs(config), after_platform)
    last: list[pulumi.Resource] = []
    for release in releases:
        workloads = release.deploy()
        if release.waits:
            last += release.route(workloads)
    for declare in more:
        declare(config, after_platform)
    return first + last


async def _done(resources: Iterable[pulumi.Resource]) -> None:
    """Wait until the engine has created or updated them. Raises when it could not."""
    await pulumi.Output.all(*(resource.urn for resource in resources)).future()


def _without_missing_nodes(config: StackConfig, memory: Memory) -> StackConfig:
    """Raises `ClusterError` when a pool names a node that does not exist.

    A roll-back goes on without it, and so does a preview, which may run against another cluster.
    """
    missing = missing_nodes(config, _access()) if config.owns_platform else {}
    if not missing:
        return config
    found = indent(explain(missing), "  ")
    if pulumi.runtime.is_dry_run():
        pulumi.warn(f"an update of this cluster will be refused\n{found}")
        return config
    if not is_roll_back(config, memory):
        raise ClusterError(f"a pool names nodes that do not exist; nothing was changed\n{found}")
    pulumi.warn(f"traffic goes back in spite of nodes that are gone\n{found}")
    return without(config, missing)


async def _outputs_of(reference: str, stack: str) -> Mapping[str, Any] | None:
    """The last outputs of a stack of the project: they are the same in every clone.

    None of a stack that had no update yet.
    """
    name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"
    outputs: Mapping[str, Any] | None = await pulumi.StackReference(
        reference, stack_name=name
    ).outputs.future()
    return outputs


async def _base(name: str) -> StackConfig:
    """What the base of this stack has deployed, of which its file may be ahead."""
    shared = (await _outputs_of("base", name) or {}).get("shared")
    if shared is None:
        raise pulumi.RunError(
            f"base: found {name}, which has no output `shared`; nothing was changed; update it "
            f"first, with groups in its file: pulumi up --stack {name}"
        )
    try:
        return from_shared(shared)
    except ValueError as error:
        raise pulumi.RunError(
            f"base: {name}: {error}; nothing was changed; update {name} with this release first"
        ) from error


def _configuration(values: Mapping[str, object], base: StackConfig | None) -> StackConfig:
    try:
        config = parse(values, base=base)
        if config.owns_platform:
            require_packages(config)
    except PackagesMissing as missing:
        lines = indent(str(missing), "  ")
        raise pulumi.RunError(f"a package is missing; nothing was changed\n{lines}") from missing
    except ConfigErrors as errors:
        lines = indent(str(errors), "  ")
        raise pulumi.RunError(
            f"the configuration is refused; nothing was changed\n{lines}"
        ) from errors
    if config.controller is not None and config.controller.stack != pulumi.get_stack():
        raise pulumi.RunError(
            f"the configuration is refused; nothing was changed\n"
            f"  controller.stack: found {config.controller.stack}; write {pulumi.get_stack()}, the "
            f"stack that this is, or its controller would drive another"
        )
    return config


def _values() -> dict[str, object]:
    """Every value of the project's own namespace. Maps arrive as JSON, everything else as text."""
    prefix = f"{pulumi.get_project()}:"
    return {
        key.removeprefix(prefix): json.loads(text) if text[:1] in ("{", "[") else text
        for key, text in {**get_config_env(), **CONFIG.get()}.items()
        if key.startswith(prefix)
    }


def _access() -> Access:
    settings = pulumi.Config("kubernetes")
    return Access(settings.get("kubeconfig"), settings.get("context"))
