"""Judges a run by what was seen of it from outside; imports nothing of the rollout.

Each rule says what must hold, whatever was killed; what does not is told in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

LEASE_SECONDS = 15
# Requests that were under way when a count began or ended, and Prometheus' own way of counting.
_LOOSE_REQUESTS = 6
_LOOSE_SECONDS = 0.5


@dataclass(frozen=True)
class Live:
    """The routes after a write: Services of stable and canary, and the canary's percent."""

    revision: int
    seen: float
    stable: str
    canary: str
    weight: float

    @property
    def split(self) -> tuple[str, str, float]:
        return self.stable, self.canary, self.weight

    def share(self, service: str) -> float:
        """Percent of the requests that a Service gets."""
        if self.canary == service != self.stable:
            return self.weight
        return 100.0 if self.stable == service else 0.0


@dataclass(frozen=True)
class Held:
    """The lease after a write: its holder, since when, and when it was renewed (Unix)."""

    revision: int
    seen: float
    holder: str
    acquired: float
    renewed: float


@dataclass(frozen=True)
class Written:
    """The journal after a write: who wrote it, the state, and the newest entries, as JSON."""

    revision: int
    seen: float
    holder: str
    state: Mapping[str, Any]
    entries: tuple[Mapping[str, Any], ...]

    @property
    def over(self) -> bool:
        """Whether the release has ended."""
        return self.state.get("phase") == "done"


@dataclass(frozen=True)
class Plan:
    """What a weight has to wait for."""

    steps: Sequence[float]
    window: float
    requests: int


@dataclass(frozen=True)
class Run:
    """All that was seen of a run.

    fault: what was hit; good: whether the new version is.
    services: Services by version; old, new: versions.
    live, held, written: writes in their order, each after the last one from before the run.
    answered: when (Unix) the new version gave each of its good answers, as the client saw it.
    lost: how requests failed that were not the bad version's.
    file: stable and canary of the stack file at the end.
    difference: what an update would still have changed then, empty for nothing.
    """

    fault: str
    good: bool
    services: Mapping[str, str]
    old: str
    new: str
    plan: Plan
    begun: float
    live: Sequence[Live]
    held: Sequence[Held]
    written: Sequence[Written]
    answered: Sequence[float]
    lost: Sequence[str]
    file: tuple[str, Mapping[str, float]]
    difference: str

    @property
    def entries(self) -> list[Mapping[str, Any]]:
        """All entries of the run's journal that were seen, in their order."""
        found: dict[str, Mapping[str, Any]] = {}
        for each in self.written:
            for entry in each.entries:
                if _unix(entry["at"]) >= self.begun:
                    found[entry["at"]] = entry
        return [found[at] for at in sorted(found)]


# Ends other than the usual one that a fault explains, by the reason that the journal has to give.
_UPDATE = r"the update failed 3 times"
_EXPLAINED: Mapping[str, Mapping[str, str]] = {
    "apiserver": {"rolled back": _UPDATE},
    "node": {
        "rolled back": rf"{_UPDATE}|worse than|critical alerts fire",
        "refused": r"pods ready|has no pods|critical alerts fire|spare",
    },
}
# Of a release that was held, as the journal has it, until a person gave it up.
ABORTED = "aborted by a person"
# Where requests may fail: nobody answers for a gateway or a node that is dead.
_LOSES = ("traefik", "node")


def violations(run: Run) -> list[str]:
    """Everything that must not be, in words; empty for a run that went as it should."""
    if not run.entries:
        return ["the journal has no entry of this run"]
    rules = (_end, _one_release, _moves, _rises, _leases, _writers, _agreement, _losses)
    return [words for rule in rules for words in rule(run)]


def _end(run: Run) -> Iterator[str]:
    last = run.entries[-1]["state"]
    outcome, reason = last["outcome"], last["reason"]
    usual = "promoted" if run.good else "rolled back"
    if outcome == usual and reason != ABORTED:
        if not reason:
            yield f"{outcome} without a reason"
        return
    if run.good and reason == ABORTED and _was_held(run):
        return
    excuse = _EXPLAINED.get(run.fault, {}).get(str(outcome))
    if outcome == "promoted" or excuse is None or not re.search(excuse, reason):
        yield f"ended as {outcome} ({reason}), where {usual} was right"


def _was_held(run: Run) -> bool:
    """Whether the judge, as the journal has it, had said to wait, and why."""
    told = next(e["evidence"] for e in run.entries if e["state"]["reason"] == ABORTED)
    return told.get("verdict") == "hold" and bool(told.get("reason"))


def _one_release(run: Run) -> Iterator[str]:
    """The release that was asked for, once: nobody begins it again after its end."""
    begun = [e for e in run.entries if e["state"]["reason"] == "begun"]
    if len(begun) != 1:
        yield f"the release was begun {len(begun)} times"
    for entry in run.entries:
        state = entry["state"]
        if (state["old"], state["new"]) != (run.old, run.new):
            yield f"the journal has a release from {state['old']} to {state['new']}"


def _moves(run: Run) -> Iterator[str]:
    """Whatever the routes say is what the journal had begun just then, and no other time."""
    for before, after in pairwise(run.live):
        act = _at(run.written, after.revision)
        doing = act.state.get("act") if act is not None else None
        if doing is None:
            yield f"{_words(before, after)} at {after.revision}, and the journal has begun nothing"
        elif after.share(run.services[run.new]) not in _passes(before, doing, run):
            split = doing["split"]
            yield f"{_words(before, after)} at {after.revision}, while the journal does {split}"


def _passes(before: Live, doing: Mapping[str, Any], run: Run) -> set[float]:
    """Shares of the new version on the way from the routes before to those of an act."""
    split = doing["split"]
    wanted = 100.0 if split["stable"] == run.new else float(split["canary"].get(run.new, 0))
    return {before.share(run.services[run.new]), wanted}


def _rises(run: Run) -> Iterator[str]:
    """A share goes up by one step, after a journalled verdict, its window and its requests."""
    allowed = [0.0, *map(float, run.plan.steps)]
    new = run.services[run.new]
    for before, after in pairwise(run.live):
        low, high = before.share(new), after.share(new)
        if high <= low:
            continue
        if low not in allowed or allowed.index(low) + 1 >= len(allowed):
            yield f"{_words(before, after)}: no step of the plan"
        elif high != allowed[allowed.index(low) + 1]:
            yield f"{_words(before, after)}: not the next step of the plan"
        if low > 0:
            yield from _evidence(run, _words(before, after), after)
    promoted = next((e for e in run.entries if _promotes(e, run)), None)
    if promoted is not None:
        yield from _proved(run, "the promotion", promoted)


def _evidence(run: Run, words: str, after: Live) -> Iterator[str]:
    at = _at(run.written, after.revision)
    begun = [e for e in ([] if at is None else at.entries) if e["state"]["act"] is not None]
    if not begun:
        yield f"{words}: no entry of the journal begins it"
        return
    # A failed try of the same act is written again, without a verdict of its own.
    act = begun[-1]["state"]["act"]
    first = next(e for e in run.entries if e["state"]["act"] == act)
    yield from _proved(run, words, first)


def _proved(run: Run, words: str, entry: Mapping[str, Any]) -> Iterator[str]:
    if entry["evidence"].get("verdict") != "promote":
        yield f"{words}: the entry that begins it has no verdict to promote"
    earlier = [e for e in run.entries if _unix(e["at"]) < _unix(entry["at"])]
    live = [e for e in earlier if e["state"]["phase"] == "step" and e["state"]["act"] is None]
    if not live:
        yield f"{words}: the step before it was never live"
        return
    since, until = _unix(live[-1]["state"]["since"]), _unix(entry["at"])
    if until - since < run.plan.window - _LOOSE_SECONDS:
        yield f"{words}: after {until - since:.1f} s of a window of {run.plan.window:.0f} s"
    good = sum(since - 1 <= at <= until for at in run.answered)
    if good < run.plan.requests - _LOOSE_REQUESTS:
        yield f"{words}: after {good} good answers, where {run.plan.requests} were asked for"


def _promotes(entry: Mapping[str, Any], run: Run) -> bool:
    act = entry["state"]["act"]
    return act is not None and act["split"]["stable"] == run.new


def _leases(run: Run) -> Iterator[str]:
    """Nobody takes a lease that another has renewed within its time."""
    for before, after in pairwise(run.held):
        taken = before.holder and after.holder and before.holder != after.holder
        if taken and after.acquired - before.renewed < LEASE_SECONDS:
            yield (
                f"{after.holder} took the lease {after.acquired - before.renewed:.1f} s after "
                f"{before.holder} had renewed it"
            )


def _writers(run: Run) -> Iterator[str]:
    """Who writes an entry holds the lease then."""
    known: set[str] = set()
    for written in run.written:
        for entry in written.entries:
            if entry["at"] in known or _unix(entry["at"]) < run.begun:
                continue
            known.add(entry["at"])
            lease = _at(run.held, written.revision)
            holder = "nobody" if lease is None else lease.holder or "nobody"
            if entry["by"] != holder:
                yield f"{entry['by']} wrote an entry while {holder} held the lease"


def _agreement(run: Run) -> Iterator[str]:
    """In the end, file, routes, journal and state say the same."""
    last = run.live[-1]
    outcome = run.entries[-1]["state"]["outcome"]
    stable = run.new if outcome == "promoted" else run.old
    if last.stable != run.services[stable]:
        yield f"{last.stable} is stable in the end, after a release that was {outcome}"
    if outcome != "promoted" and last.share(run.services[run.new]) != 0:
        yield f"the new version still has {last.share(run.services[run.new]):g}%"
    file_stable, file_canary = run.file
    if file_stable != stable or any(file_canary.values()):
        yield f"the stack file says {file_stable}, {dict(file_canary)}"
    if run.difference:
        yield f"an update would change something: {run.difference}"
    before = run.live[0].stable
    moved = [each for each in run.live if each.stable != before]
    if outcome != "promoted" and moved:
        yield "stable was moved though the version was not promoted"


def _losses(run: Run) -> Iterator[str]:
    if run.lost and run.fault not in _LOSES:
        kinds = ", ".join(sorted(set(run.lost)))
        yield f"{len(run.lost)} requests were lost, which {run.fault} does not explain: {kinds}"


def _at(found: Sequence[Any], revision: int) -> Any:  # noqa: ANN401 - of whichever kind it is
    """The last that was written before a revision."""
    return next((each for each in reversed(found) if each.revision < revision), None)


def _words(before: Live, after: Live) -> str:
    return f"{_said(before)} became {_said(after)}"


def _said(live: Live) -> str:
    return f"{live.stable}, {live.canary} {live.weight:g}%"


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
