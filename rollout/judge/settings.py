"""What the judge is asked: how sure to be, and of what."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How one step of a rollout is judged.

    Attributes:
        alpha: probability of taking back a canary that is no worse than stable, over the whole
            step, however often one looks. Default 0.01: one needless roll-back in 100 steps.
        beta: probability of passing a step with a canary that is as bad as the limits below.
            Default 0.01: with `error_limit` 0.01 that takes about 600 requests without an error
            where stable's errors come one by one, and 1,300 where nobody has ever had one, since
            nothing says then that they would not come in bursts.
        error_limit: share of failed requests, as pods or as the gateway count them, at which a
            canary is bad whatever stable does. Default 0.01, as `slo.errorRatio`.
        tail_limit: share of slow or poor answers up to which a canary passes without a comparison
            with stable. Default 0.01: a 99th percentile that holds.
        tolerance: ratio of bad answers, canary to stable, that is still no worse (ψ₀). Default 1:
            the smallest fault that is looked for is 1.5 times stable's rate, and less than about
            1.2 times does not add up to evidence.
        share_loss: share of the canary's configured traffic that it may miss. Default 0.2: the
            gateway counts exactly, clients that stay with a version do not.
        window: seconds that a step takes at least. Default 1800, as `rollout.window`.
        min_requests: requests to the canary that a step takes at least. Default 500, as
            `rollout.minRequests`.
        warm_up: seconds after a pod is first seen in which it is not judged. Default 0: a pod
            that gets requests has warmed up, since readiness waits for it. Set it for containers
            whose first requests are slow.
    """

    alpha: float = 0.01
    beta: float = 0.01
    error_limit: float = 0.01
    tail_limit: float = 0.01
    tolerance: float = 1.0
    share_loss: float = 0.2
    window: float = 1800.0
    min_requests: int = 500
    warm_up: float = 0.0

    def __post_init__(self) -> None:
        """Raises ValueError that names the setting, what was found and what can be written."""
        for name in ("alpha", "beta", "error_limit", "tail_limit"):
            self._check(name, 0 < getattr(self, name) < 1, "a share between 0 and 1, such as 0.01")
        self._check("tolerance", 1 <= self.tolerance <= 10, "a ratio from 1 to 10")
        self._check("share_loss", 0 <= self.share_loss < 1, "a share from 0 to less than 1")
        for name in ("window", "warm_up"):
            self._check(name, 0 <= getattr(self, name) < math.inf, "seconds from 0")
        self._check("min_requests", self.min_requests >= 0, "a whole number from 0")

    def _check(self, name: str, right: bool, wanted: str) -> None:
        if not right:
            raise ValueError(f"{name}: found {getattr(self, name)}; write {wanted}")
