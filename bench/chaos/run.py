"""One release under faults, and what was seen of it."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.chaos import checker, parts
from bench.chaos.controllers import Controllers
from bench.chaos.lane import BAD, LEAST_REQUESTS, MODEL, SERVICES, STEPS, WINDOW_SECONDS, Lane
from bench.chaos.moments import Moment
from bench.chaos.result import Result
from local.cluster.layout import Layout

# A release that is held for so long is taken back by a person; then it has to end.
_HELD_SECONDS, _PATIENCE_SECONDS = 180.0, 300.0
_LOOK_SECONDS = 0.5
# What is seen of a write comes a little later than the write.
_SEEN_SECONDS = 2.0

Act = Callable[[Moment], bool]


@dataclass(frozen=True)
class Release:
    """What is run. The seed says which version is released, and what happens when."""

    fault: str
    number: int
    seed: str
    old: str
    new: str


class Storm:
    """Hits parts at their moments, while any of `runs` releases goes on.

    hit: what was really done.
    """

    def __init__(self, moments: Sequence[Moment], runs: int = 1) -> None:
        self._moments, self._runs = moments, runs
        self.hit: list[Moment] = []
        self._lock = threading.Lock()
        self._over, self._ended = threading.Event(), threading.Event()

    def run(self, act: Act) -> None:
        """Until the last of the moments, or until all releases are over."""
        begun = time.monotonic()
        try:
            for moment in self._moments:
                if self._over.wait(max(0.0, begun + moment.at - time.monotonic())):
                    break
                if act(moment):
                    self.hit.append(moment)
        finally:
            self._ended.set()

    def leave(self) -> None:
        """A release is over: wait until nothing is hit any more, for the others' sake either."""
        with self._lock:
            self._runs -= 1
            if not self._runs:
                self._over.set()
        self._ended.wait()


def hit_instance(layout: Layout, moment: Moment, pods: tuple[str, ...] = ()) -> bool:
    """Kill or freeze a part of the instance; False when it has no process just then."""
    found = parts.processes(layout, moment.part, pods)
    if moment.action == "freeze":
        parts.freeze(found, moment.seconds)
    else:
        parts.send(found, signal.SIGKILL)
    return bool(found)


def run(
    lane: Lane, layout: Layout, release: Release, storm: Storm, *, shared: bool, scratch: Path
) -> Result:
    """Release a version and judge what was seen.

    storm: `shared` ones are run by somebody else, and hit all lanes.
    """
    revision, begun, mark = lane.observer.revision(), time.time(), lane.load.mark()
    log = scratch / f"{release.fault}-{release.number}.log"

    def done() -> bool:
        written = lane.observer.since(revision)[2]
        return bool(written) and written[-1].revision > revision and written[-1].over

    controllers = Controllers(lane.stack, MODEL, release.new, done, log)
    controllers.start()
    if not shared:
        threading.Thread(target=storm.run, args=(_hits(lane, layout, controllers),)).start()
    aborted = False
    try:
        while controllers.look() and time.time() < begun + _PATIENCE_SECONDS:
            if not aborted and time.time() > begun + _HELD_SECONDS:
                controllers.abort()
                aborted = True
            time.sleep(_LOOK_SECONDS)
        seconds = time.time() - begun
    finally:
        storm.leave()
        controllers.end()
    time.sleep(_SEEN_SECONDS)
    seen = _seen(lane, release, revision, begun, mark)
    wrong = checker.violations(seen)
    if not done():
        wrong = [f"it has not ended within {_PATIENCE_SECONDS:.0f} s", *wrong]
    if wrong:
        evidence = {"run": asdict(seen), "log": log.read_text(errors="replace")}
        log.with_suffix(".json").write_text(json.dumps(evidence, default=str, indent=1))
    last = seen.entries[-1]["state"] if seen.entries else {}
    return Result(
        fault=release.fault,
        number=release.number,
        seed=release.seed,
        release=f"{release.old} to {release.new}",
        good=release.new != BAD,
        moments=[asdict(moment) for moment in storm.hit if moment.at <= seconds],
        outcome="held" if last.get("reason") == checker.ABORTED else str(last.get("outcome")),
        reason=str(last.get("reason")),
        violations=wrong,
        seconds=round(seconds, 1),
        controllers=controllers.started,
        fell=controllers.fell,
        cancelled=controllers.cancelled,
        lost=len(seen.lost),
        shares=[each.share(SERVICES[release.new]) for each in seen.live],
    )


def _hits(lane: Lane, layout: Layout, controllers: Controllers) -> Act:
    def act(moment: Moment) -> bool:
        match moment.part, moment.action:
            case "controller", "kill":
                return controllers.kill(updates=False)
            case "controller", "kill with its update":
                return controllers.kill(updates=True)
            case "controller", "freeze":
                return controllers.freeze(moment.seconds)
            case "controller", _:
                controllers.start()
                return True
            case _:
                return hit_instance(layout, moment, tuple(lane.pods(moment.part)))

    return act


def _seen(lane: Lane, release: Release, revision: int, begun: float, mark: float) -> checker.Run:
    live, held, written = lane.observer.since(revision)
    answers, to_unix = lane.load.since(mark), time.time() - time.monotonic()
    # Of a bad version, the gateway's own answers may be, which name none.
    excused = (BAD, None) if release.new == BAD else ()
    good = [each for each in answers if not each.failure and each.version == release.new]
    return checker.Run(
        fault=release.fault,
        good=release.new != BAD,
        services=SERVICES,
        old=release.old,
        new=release.new,
        plan=checker.Plan(STEPS, WINDOW_SECONDS, LEAST_REQUESTS),
        begun=begun,
        live=live,
        held=held,
        written=written,
        answered=[each.ended + to_unix for each in good],
        lost=[each.failure for each in answers if each.failure and each.version not in excused],
        file=lane.file_says(),
        difference=lane.difference(),
    )
