"""A stack with monitoring."""

from __future__ import annotations

from infra.config import Alerting, StackConfig


def alerting_of(config: StackConfig) -> Alerting:
    """Raises ValueError for a stack without `alerting`, which has no monitoring."""
    if config.alerting is None:
        raise ValueError("alerting: found nothing; write what is collected and who is told")
    return config.alerting
