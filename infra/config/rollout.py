"""How a new version may advance, and when it is taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from infra.config.base import Part
from infra.config.hours import Dates, Hours
from infra.config.names import UrlPrefix, UrlQuery
from infra.config.values import Duration, Weight


def _rising_to_full(steps: tuple[int | float, ...]) -> tuple[int | float, ...]:
    rising = all(low < high for low, high in zip((0, *steps), steps, strict=False))
    if not rising or not steps or steps[-1] != 100:
        raise ValueError("steps do not rise to 100")
    return steps


class Freeze(Dates):
    """A time in which no weight is raised; going back is always allowed."""

    reason: str = Field(min_length=3, title="why, in a few words", description="Why.")


class Check(Part):
    """An HTTP GET that must answer with a status from 200 to 299."""

    url: UrlPrefix = Field(description="Scheme, host and port that are asked.")
    path: UrlQuery = Field(default="/", description="Path and query. Default /.")
    timeout: Duration = Field(
        default=timedelta(seconds=5), description="Longest wait for the answer. Default 5s."
    )


Checks = Annotated[tuple[Check, ...], Field(strict=False)]


class Judge(Part):
    """How sure the judge must be. The statistics: docs/judge.md."""

    alpha: float = Field(
        default=0.01,
        gt=0,
        lt=0.5,
        title="a probability between 0 and 0.5",
        description=(
            "Chance that a version that is no worse is rolled back at a step, however often one "
            "looks. Default 0.01."
        ),
    )
    beta: float = Field(
        default=0.01,
        gt=0,
        lt=0.5,
        title="a probability between 0 and 0.5",
        description=(
            "Chance that a step is passed by a version that fails as often as `slo.errorRatio`. "
            "Default 0.01: with an errorRatio of 0.01 about 600 requests without an error where "
            "stable's errors come one by one, 1,300 where nobody has ever had one."
        ),
    )
    tolerated_ratio: float = Field(
        default=1.0,
        ge=1,
        le=10,
        title="a ratio from 1 to 10",
        description=(
            "How many times as many bad answers as stable a canary may give. Default 1: no worse."
        ),
    )
    warm_up: Duration | None = Field(
        default=None,
        description=(
            "Time after a pod was first seen that is not judged. Default none: readiness has "
            "waited until it was warm."
        ),
    )


class Rollout(Part):
    """How a new version may advance."""

    steps: Annotated[tuple[Weight, ...], Field(strict=False), AfterValidator(_rising_to_full)] = (
        Field(
            default=(5, 20, 50, 100),
            title="weights that rise to 100, such as [5, 20, 50, 100]",
            description="Weights in their order, in percent. Default [5, 20, 50, 100].",
        )
    )
    window: Duration = Field(
        default=timedelta(minutes=30),
        description="Least time at a step. Default 30m: alert rules over 5m settle several times.",
    )
    min_requests: int = Field(
        default=500,
        ge=1,
        title="a whole number from 1",
        description=(
            "Fewest requests to the canary at a step. Default 500: an error ratio of 1% shows as "
            "about five errors, enough to tell from one."
        ),
    )
    on_no_data: Literal["hold", "rollback"] = Field(
        default="hold",
        title="hold or rollback",
        description=(
            "What to do when a step has too few requests for the time of `patience`: hold on and "
            "tell the owner, or roll back. Default hold: silence is no evidence."
        ),
    )
    patience: Duration = Field(
        default=timedelta(hours=2),
        description="How long a step may lack requests before `onNoData` is done. Default 2h.",
    )
    testers: Duration | None = Field(
        default=None,
        description=(
            "Time at weight 0 before the first step, in which only testers reach the canary "
            "(`match`). Default: none."
        ),
    )
    gates: Annotated[tuple[Weight, ...], Field(strict=False)] = Field(
        default=(),
        title="weights that steps has, such as [50]",
        description="Steps that a person must approve (`rollout promote`). Default: none.",
    )
    hours: Hours | None = Field(
        default=None,
        description="When weights may be raised, in `alerting.timeZone`. Default: always.",
    )
    freezes: Annotated[tuple[Freeze, ...], Field(strict=False)] = Field(
        default=(),
        title="a list of times, such as [{start: 2027-02-05 00:00, end: …, reason: holidays}]",
        description="Times in which no weight is raised. Default: none.",
    )
    before: Checks = Field(
        default=(),
        title="a list of checks, such as [{url: http://tests.example.com, path: /ready}]",
        description="HTTP checks that must pass before a weight is raised. Default: none.",
    )
    after: Checks = Field(
        default=(),
        title="a list of checks, such as [{url: http://tests.example.com, path: /smoke}]",
        description=(
            "HTTP checks after a weight was raised; one that fails rolls back. Default: none."
        ),
    )
    watch: Duration = Field(
        default=timedelta(hours=1),
        description=(
            "Time after promotion in which the old version stays warm and going back is one move. "
            "Default 1h."
        ),
    )
    judge: Judge = Field(default=Judge(), description="How sure the judge must be.")
