"""What a rollout is at a moment: everything that a controller needs to go on after a kill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from infra.split import Split


class Phase(StrEnum):
    """Where in its life a rollout is."""

    PREFLIGHT = "preflight"
    """Nothing has been changed yet."""
    TESTERS = "testers"
    """Deployed at weight 0: only testers reach the canary."""
    STEP = "step"
    """The canary has the weight of a step, or is being given it."""
    WATCH = "watch"
    """The new version is stable; the old one is warm, and going back is one move."""
    BACK = "back"
    """The old version gets everything again, or is being given it."""
    DONE = "done"
    """It has ended, and `outcome` says how."""


class Outcome(StrEnum):
    """How a rollout ended."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"
    REFUSED = "refused"
    """Preflight found something; nothing was changed."""
    LEFT = "left"
    """Somebody else moved the traffic: it was left as it was found."""


class Command(StrEnum):
    """What a person may say to a running rollout."""

    PAUSE = "pause"
    RESUME = "resume"
    PROMOTE = "promote"
    """Approve the gate that it waits at."""
    ABORT = "abort"


@dataclass(frozen=True)
class Act:
    """What the controller does next; done twice it does no more than once.

    `up` makes the stack file say `split` and updates the stack, `patch` writes the live route
    alone, which takes milliseconds.
    """

    kind: Literal["up", "patch"]
    split: Split


@dataclass(frozen=True)
class State:
    """A rollout.

    old, new: the stable version before it, and the version that it releases.
    step: index of the weight in the plan's steps; -1 before the first.
    since: when phase and step began to be live (UTC).
    act: what is being done and not yet known to be done; journalled before it is begun.
    failures: how often `act` has failed in a row.
    approved: whether a person has approved the next gate.
    told: whether the owner was told that this step lacks requests.
    reason: what led here, for people.
    """

    old: str
    new: str
    phase: Phase
    since: datetime
    step: int = -1
    act: Act | None = None
    failures: int = 0
    paused: bool = False
    approved: bool = False
    told: bool = False
    outcome: Outcome | None = None
    reason: str = ""

    @property
    def done(self) -> bool:
        """Whether nothing will happen any more."""
        return self.phase is Phase.DONE


@dataclass(frozen=True)
class Seen:
    """What the controller saw before a decision. What could not be read is None.

    verdict: the judge's; `words` are its own; `requests` are the canary's at this step.
    live: what the cluster routes.
    alerts: names of the critical alerts that fire for the new version.
    closed: why no weight may be raised now (`calendar.closed`, or a check before the step).
    broken: the check after the step that failed.
    preflight: what stands against a start; empty when nothing does.
    commands: what people said since the last decision, in order.
    failed: why the act of the state failed; `acted` when it was done.
    """

    now: datetime
    verdict: Literal["promote", "hold", "rollback"] | None = None
    words: str = ""
    requests: int = 0
    live: Split | None = None
    alerts: tuple[str, ...] | None = None
    closed: str | None = None
    broken: str | None = None
    preflight: tuple[str, ...] | None = None
    commands: tuple[Command, ...] = ()
    acted: bool = False
    failed: str | None = None
