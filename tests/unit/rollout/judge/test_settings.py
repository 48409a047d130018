"""What may be asked of the judge, and what is asked of it unless somebody says otherwise."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from infra.config import Rollout, Slo
from rollout.judge.settings import Settings

SHARES = ("alpha", "beta", "error_limit", "tail_limit")


def test_defaults_are_those_of_the_stack_file() -> None:
    settings, plan = Settings(), Rollout.model_validate({})
    assert (settings.alpha, settings.beta) == (plan.judge.alpha, plan.judge.beta)
    assert settings.error_limit == Slo().error_ratio
    assert timedelta(seconds=settings.window) == plan.window
    assert settings.min_requests == plan.min_requests


def test_defaults_that_no_stack_file_has_are_as_documented() -> None:
    settings = Settings()
    assert (settings.tail_limit, settings.tolerance) == (0.01, 1)
    assert (settings.share_loss, settings.warm_up) == (0.2, 0)


@pytest.mark.parametrize(
    "right",
    [
        *[{name: value} for name in SHARES for value in (1e-6, 0.999)],
        *[{"tolerance": value} for value in (1, 1.1, 9.9, 10)],
        *[{"share_loss": value} for value in (0, 0.1, 0.999)],
        *[{name: value} for name in ("window", "warm_up") for value in (0, 0.5, 1e9)],
        *[{"min_requests": value} for value in (0, 1, 10**6)],
    ],
    ids=str,
)
def test_what_makes_sense_is_taken(right: dict[str, float]) -> None:
    assert Settings(**right)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "write"),
    [
        *[({n: v}, "a share between 0 and 1") for n in SHARES for v in (-0.1, 0, 1, 1.5, math.nan)],
        *[({"tolerance": v}, "a ratio from 1 to 10") for v in (0.5, 0.999, 10.001, math.nan)],
        *[({"share_loss": v}, "a share from 0 to less than 1") for v in (-0.1, 1, 1.5, math.nan)],
        *[
            ({n: v}, "seconds from 0")
            for n in ("window", "warm_up")
            for v in (-0.1, math.inf, math.nan)
        ],
        ({"min_requests": -1}, "a whole number from 0"),
    ],
    ids=str,
)
def test_what_does_not_is_refused_with_what_to_write(wrong: dict[str, float], write: str) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"^{name}: found {value}; write {write}"):
        Settings(**wrong)  # type: ignore[arg-type]
