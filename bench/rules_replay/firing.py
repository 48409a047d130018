"""When an alert fires, given when its condition holds."""

from __future__ import annotations

from collections.abc import Sequence


def firing(holds: Sequence[bool], hold: int, keep: int) -> list[tuple[int, int]]:
    """Steps from which on an alert fires, and at which it no longer does.

    Args:
        holds: whether the condition holds, at each step.
        hold, keep: `for` and `keep_firing_for`, in steps.

    What fires at the end ends there. As Prometheus does it (rules/alerting.go, `Eval`).
    """
    found: list[tuple[int, int]] = []
    active: int | None = None
    since: int | None = None
    quiet: int | None = None
    for step, true in enumerate(holds):
        if true:
            quiet = None
            active = step if active is None else active
            if since is None and step - active >= hold:
                since = step
            continue
        if since is not None:
            quiet = step if quiet is None else quiet
            if step - quiet < keep:
                continue
            found.append((since, step))
        active = since = quiet = None
    if since is not None:
        found.append((since, len(holds)))
    return found
