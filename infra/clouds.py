"""Registers node pools of clouds, with the Pulumi packages of those clouds that a stack uses."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from pulumi import Resource, ResourceOptions

from infra.config import ManagedPool, StackConfig
from infra.managed_pools import PACKAGES, Package, inputs

Import = Callable[[str], Any]


class PackagesMissing(Exception):
    """Packages that the stack needs are not installed. `str()` says which, and what to run."""


def require_packages(config: StackConfig, load: Import = importlib.import_module) -> None:
    """Find out that a package is missing, before anything is declared.

    Raises PackagesMissing with a line for each pool.
    """
    lines = []
    for name, pool in config.node_pools.items():
        if isinstance(pool, ManagedPool):
            package = _package(pool)
            try:
                load(package.module)
            except ModuleNotFoundError as error:
                # A package that is there and lacks something itself is another trouble.
                if error.name != package.module.partition(".")[0]:
                    raise
                lines.append(
                    f"nodePools.{name}.provider: needs the Python package {package.name}, which is "
                    f"not installed; run: pip install {package.name}=={package.version}"
                )
    if lines:
        raise PackagesMissing("\n".join(lines))


def managed_node_pool(name: str, pool: ManagedPool, opts: ResourceOptions) -> Resource:
    """Declare the cloud's node pool."""
    package = _package(pool)
    kind = getattr(importlib.import_module(package.module), package.kind)
    ignored = ResourceOptions(ignore_changes=list(package.ignored))
    declared: Resource = kind(name, **inputs(name, pool), opts=ResourceOptions.merge(opts, ignored))
    return declared


def _package(pool: ManagedPool) -> Package:
    return PACKAGES[type(pool)]
