"""PromQL that several dashboards share. `$…` are variables of the dashboards."""

from __future__ import annotations

from infra.config import StackConfig, node_names
from monitoring.rules import series

MODEL = 'namespace="$namespace",model="$model"'
# Both when several versions are chosen and when a panel is repeated, the choice comes as a pattern.
VERSIONS = f'{MODEL},version=~"$version"'

SLO_ERRORS = f"{series.SLO_ERROR_RATIO}{{{MODEL}}}"
SLO_P99 = f"{series.SLO_P99}{{{MODEL}}}"
FIRING = f'ALERTS{{alertstate="firing",{MODEL}}}'


def rate(metric: str, where: str, by: str) -> str:
    """Increase per second of a counter, over the shortest window that has enough scrapes."""
    return f"sum by ({by}) (rate({metric}{{{where}}}[$__rate_interval]))"


def mean(histogram: str, where: str, by: str) -> str:
    """Mean of what a histogram observed."""
    total, count = rate(f"{histogram}_sum", where, by), rate(f"{histogram}_count", where, by)
    return f"{total} / ({count} > 0)"


def quantile(share: float, histogram: str, where: str, by: str) -> str:
    """Quantile of what a histogram observed."""
    return f"histogram_quantile({share}, {rate(f'{histogram}_bucket', where, f'{by}, le')})"


def nvidia_pools(config: StackConfig) -> dict[str, str]:
    """Pools whose GPUs the DCGM exporter watches, with a pattern for the names of their nodes."""
    if config.alerting is None or config.alerting.dcgm is None:
        return {}
    return {
        name: "|".join(node_names(pool)).replace(".", "[.]")
        for name, pool in config.node_pools.items()
        if pool.accelerator.startswith("nvidia.com/") and node_names(pool)
    }


def by_pool(config: StackConfig, expr: str) -> str:
    """One series for each pool, with the label `pool`.

    Args:
        expr: an aggregate over the GPUs of a pool, with `NODES` for the matcher of its nodes.
    """
    return " or ".join(
        f'label_replace({expr.replace("NODES", _on(nodes))}, "pool", "{pool}", "", "")'
        for pool, nodes in nvidia_pools(config).items()
    )


def _on(nodes: str) -> str:
    return f'Hostname=~"{nodes}"'
