"""The judge's answer, and everything it was computed from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from rollout.judge.samples import Tally

Decision = Literal["promote", "hold", "rollback"]


@dataclass(frozen=True, slots=True)
class Need:
    """Something that is missing before the step is passed.

    Attributes:
        kind: `data` (both arms have to report), `window` (seconds), `requests` (to the canary),
            `evidence` (that `signal` is good) or `calm` (evidence against the canary that is too
            high to go on, though not enough to roll back).
        signal: the signal it is about, empty if about none.
        found, wanted: what there is and what there has to be; for `calm`, at most.
    """

    kind: Literal["data", "window", "requests", "evidence", "calm"]
    signal: str
    found: float
    wanted: float


@dataclass(frozen=True, slots=True)
class SignalEvidence:
    """What one signal says.

    Attributes:
        canary, stable: counts in this step.
        rollback: evidence against the canary, in the units of the verdict's.
        promotion: evidence for it; None where promotion does not depend on this signal.
        dispersion: from the least to the greatest variance over mean that is still plausible.
    """

    signal: str
    canary: Tally
    stable: Tally
    rollback: float
    promotion: float | None
    dispersion: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a step.

    Attributes:
        t: seconds, of the newest sample.
        decision: what to do. `rollback` is final for the step.
        signal: what decided or stands in the way; empty for the window and the like.
        elapsed: seconds since both arms were there.
        requests: requests to the canary.
        rollback: evidence against the canary (E value). A canary that is no worse than stable
            ever gets it to `rollback_at` = 1/alpha with probability alpha at most.
        promotion: evidence for the canary, of its weakest signal. A bad one ever gets it to
            `promotion_at` = 1/beta with probability beta at most.
        share: configured share of the canary from 0 to 1, None if not told.
        needs: what would make it `promote`.
        signals: each signal's evidence, the strongest against the canary first.
        late, restarts: samples that came too late to count, and counters that fell.
    """

    t: float
    decision: Decision
    signal: str
    elapsed: float
    requests: int
    rollback: float
    rollback_at: float
    promotion: float
    promotion_at: float
    share: float | None
    needs: tuple[Need, ...]
    signals: tuple[SignalEvidence, ...]
    late: int
    restarts: int

    def as_json(self) -> dict[str, Any]:
        """The verdict as an object of JSON; the decision is called `verdict` there."""
        fields = asdict(self)
        t, decision = fields.pop("t"), fields.pop("decision")
        return {"t": t, "verdict": decision, "reason": self.reason(), **fields}

    def reason(self) -> str:
        """Why, in a sentence."""
        if self.decision == "promote":
            return "the window is over and every signal has shown that it is good"
        if self.decision == "rollback":
            return f"{self._counts(self.signal)}: no chance, at E {self.rollback:.4g}"
        return "; ".join(self._missing(need) for need in self.needs)

    def _missing(self, need: Need) -> str:
        match need.kind:
            case "data":
                return "no new samples of both arms"
            case "window":
                return f"{need.wanted - need.found:g} s of the window are left"
            case "requests":
                return f"{need.found:g} of {need.wanted:g} requests"
            case "calm":
                return f"{self._counts(need.signal)}: E {need.found:.3g} speaks against the canary"
        return f"{need.signal}: E {need.found:.3g} of {need.wanted:g} that it is good"

    def _counts(self, signal: str) -> str:
        found = next(item for item in self.signals if item.signal == signal)
        canary, stable = found.canary, found.stable
        return (
            f"{signal}: {canary.bad} of {canary.total} in the canary, "
            f"{stable.bad} of {stable.total} in stable"
        )
