"""HTTP checks that a team wants to pass before or after a weight is raised."""

from __future__ import annotations

from collections.abc import Iterable

import urllib3

from infra.config.rollout import Check


def first_failure(checks: Iterable[Check]) -> str | None:
    """What the first check that does not pass answered; None when all pass."""
    for check in checks:
        if (failure := _failure(check)) is not None:
            return failure
    return None


def _failure(check: Check) -> str | None:
    where = check.url + check.path
    try:
        answer = urllib3.request(
            "GET",
            where,
            timeout=check.timeout.total_seconds(),
            retries=False,
            redirect=False,
        )
    except (urllib3.exceptions.HTTPError, OSError) as error:
        return f"{where}: {type(error).__name__}"
    return None if 200 <= answer.status < 300 else f"{where}: status {answer.status}"
