"""Sends the mixture and kills workers; collects what must not happen."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.soak import kinds
from bench.soak.kinds import Good, Outcome, Values
from local.service import Service, maps_paddle

# Of a thousand requests; the others are good.
_MALFORMED, _CUT_OFF, _HUGE, _HUGE_CHUNKED = 50, 20, 10, 1


@dataclass(frozen=True)
class Plan:
    """How much is sent.

    Attributes:
        requests: in all, without those of slow clients.
        clients, slow_clients: at a time.
        kill_every_s: seconds between two kills of a worker.
        max_bytes, read_s: limits of the service, as it was started.
    """

    requests: int
    clients: int
    slow_clients: int
    kill_every_s: float
    max_bytes: int
    read_s: float


@dataclass
class Report:
    """What was seen.

    Attributes:
        counts: by kind and finding.
        faults: what must not happen, in words; the first of each kind.
        levels: open files, and memory in MiB, of the front: after a tenth, and at the end.
        kills: workers killed.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    levels: list[tuple[int, float]] = field(default_factory=list)
    kills: int = 0


def soak(
    service: Service,
    plan: Plan,
    references: Sequence[tuple[Values, Values]],
    progress: Callable[[int], None],
) -> Report:
    """Sends what is planned, and kills a worker now and then.

    Args:
        references: values, and the output that belongs to them.
        progress: called now and then with the number of requests that have been sent.
    """
    report = Report()
    lock = threading.Lock()
    over = threading.Event()
    front = service.front()
    left = iter(range(plan.requests))

    def note(outcome: Outcome) -> None:
        with lock:
            report.counts[outcome.kind, outcome.found] += 1
            if outcome.fault and len(report.faults) < 20:
                report.faults.append(outcome.fault)

    def client(seed: int) -> None:
        rng = random.Random(seed)  # noqa: S311
        good = Good(service.port)
        while True:
            with lock:
                number = next(left, None)
            if number is None:
                return
            if number % 1000 == 0:
                progress(number)
            if number == plan.requests // 10:
                report.levels.append(_level(front))
            note(_one(rng, good, plan, references))

    def slow_client(seed: int) -> None:
        rng = random.Random(seed)  # noqa: S311
        while not over.is_set():
            note(kinds.slow(service.port, rng, plan.read_s))

    def killer() -> None:
        rng = random.Random(0)  # noqa: S311
        while not over.wait(plan.kill_every_s):
            loaded = sorted(filter(maps_paddle, service.workers()))
            if loaded:
                _kill(rng.choice(loaded))
                report.kills += 1

    senders = [threading.Thread(target=client, args=(seed,)) for seed in range(plan.clients)]
    others = [
        threading.Thread(target=slow_client, args=(seed,)) for seed in range(plan.slow_clients)
    ]
    others.append(threading.Thread(target=killer))
    for thread in (*senders, *others):
        thread.start()
    for thread in senders:
        thread.join()
    over.set()
    for thread in others:
        thread.join()
    time.sleep(1)  # the front closes what was left open
    report.levels.append(_level(front))
    return report


def _one(
    rng: random.Random, good: Good, plan: Plan, references: Sequence[tuple[Values, Values]]
) -> Outcome:
    dice = rng.randrange(1000)
    if dice < _MALFORMED:
        return kinds.malformed(good.port, rng)
    dice -= _MALFORMED
    if dice < _CUT_OFF:
        return kinds.cut_off(good.port, rng)
    dice -= _CUT_OFF
    if dice < _HUGE:
        return kinds.huge(good.port, plan.max_bytes)
    dice -= _HUGE
    if dice < _HUGE_CHUNKED:
        return kinds.huge_chunked(good.port, plan.max_bytes)
    return good.send(*rng.choice(references))


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _level(pid: int) -> tuple[int, float]:
    """Open files and resident memory (MiB) of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return files, pages * os.sysconf("SC_PAGE_SIZE") / 2**20
