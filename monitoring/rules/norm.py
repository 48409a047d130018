"""How much traffic a model usually has at this hour, from what was recorded in past weeks.

The median of three weeks: a holiday or an incident in one of them does not move it. In its first
weeks a model has the median of what there is, in its first week no norm and so no alert. The norm
is of the model, not of a version: a canary at 5% is no traffic that fell.
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.config import StackConfig
from monitoring.rules.rule import RecordingRule
from monitoring.rules.series import (
    FLOOR,
    MODEL_REQUESTS,
    MODEL_REQUESTS_1H,
    MODEL_REQUESTS_30M,
    NORM,
    SLO_TRAFFIC_DROP,
)
from monitoring.rules.tuned import of_namespace

_WEEKS = (1, 2, 3)


def rules(config: StackConfig) -> Iterator[RecordingRule]:
    """The norm, the floor under which traffic has fallen, and the averages that they compare."""
    select = of_namespace(config)
    now = f"{MODEL_REQUESTS}{{{select}}}"
    yield RecordingRule(MODEL_REQUESTS_30M, f"avg_over_time({now}[30m])")
    yield RecordingRule(MODEL_REQUESTS_1H, f"avg_over_time({now}[1h])")
    weeks = "\n  or ".join(_week(select, week) for week in _WEEKS)
    yield RecordingRule(NORM, f"quantile by (namespace, model) (0.5,\n  {weeks}\n)")
    yield RecordingRule(
        FLOOR,
        f"{NORM}{{{select}}} * on (namespace, model) (1 - {SLO_TRAFFIC_DROP}{{{select}}})",
    )


def _week(select: str, week: int) -> str:
    # The hour around this moment: half of it before the same time of the week, half behind.
    offset = f"{week * 7 * 24 - 1}h30m"
    hour = f"{MODEL_REQUESTS_1H}{{{select}}} offset {offset}"
    return f'label_replace({hour}, "week", "{week}", "", "")'
