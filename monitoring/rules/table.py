"""The catalogue of alerts as the table that the docs have.

python -m monitoring.rules.table en
"""

from __future__ import annotations

import sys

from infra.config import show_duration
from infra.config.alerts import CATALOGUE, OWN, Alert

_HEADS = {
    "en": "| alert | severity | fires after | goes on for | threshold | meaning |",
    "zh": "| 告警 | 级别 | 持续多久触发 | 恢复后保持 | 阈值 | 含义 |",
}


def table(language: str) -> str:
    """A row for each alert; `language` is en or zh."""
    lines = [_HEADS[language], "|---|---|---|---|---|---|"]
    return "\n".join(lines + [_row(alert, language) for alert in CATALOGUE]) + "\n"


def _row(alert: Alert, language: str) -> str:
    times = (show_duration(time) if time else "-" for time in (alert.hold, alert.keep))
    meaning = alert.meaning if language == "en" else alert.meaning_zh
    cells = (f"`{alert.name}`", alert.severity, *times, _threshold(alert, language), meaning)
    return f"| {' | '.join(cells)} |"


def _threshold(alert: Alert, language: str) -> str:
    threshold = alert.threshold
    if threshold is None:
        return "-"
    unit = threshold.unit if language == "en" else threshold.unit_zh
    key = threshold.key if threshold.key != OWN else f"alerts.{alert.name}.{OWN}"
    return f"`{key}`: {threshold.default:g} {unit}"


if __name__ == "__main__":
    print(table(sys.argv[1]), end="")
