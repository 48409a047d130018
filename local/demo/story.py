"""Steps of the demo: a command, the load meanwhile, and what the step promises."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from local.demo.shell import Shell
from local.demo.table import Row
from local.load.answers import Answer, Tally, keeps_share, latency, lost_outside, tally
from local.load.client import Client, ask
from local.load.generator import Load, pages

CANARY = "v1.2"
# Seconds after an update until the gateway routes by it, at its worst when changes follow at once.
LIVE = 2.5
MEASURED = 2000
MEASURED_OCR = 200
# Fewer requests than this say too little about a share.
FEWEST = 20


class PromiseError(Exception):
    """Requests were lost, or a split was not what was configured. The message has the figures."""


@dataclass
class Step:
    """What happens to requests during one step."""

    begun: float
    live: float | None = None
    killed: tuple[float, float] | None = None
    faulty: bool = False
    others: list[Answer] = field(default_factory=list)


class Story:
    """Tells steps one after the other under `load`, and keeps a table of them.

    `window` is how long the stack's plan wants a step watched.
    """

    def __init__(
        self, shell: Shell, load: Load, window: timedelta, heading: Callable[[str], None]
    ) -> None:
        self.rows: list[Row] = []
        self._shell = shell
        self._load = load
        self._window = window.total_seconds()
        self._heading = heading
        self._changed = time.monotonic()

    @contextmanager
    def step(self, title: str, weight: float | None) -> Iterator[Step]:
        """A step at whose end `weight` percent of the requests go to the canary.

        Raises PromiseError when a request is lost, or the split is another one. Only a pod that is
        killed may take with it what was inside, and a faulty canary fail what it got itself.
        """
        self._heading(title)
        step = Step(time.monotonic())
        yield step
        answers = self._load.since(step.begun) + step.others
        counted = tally(answers)
        split = None if step.live is None else tally(a for a in answers if a.sent >= step.live)
        if split is not None and sum(split.versions.values()) < FEWEST:
            split = None
        seconds = time.monotonic() - step.begun
        share = None if split is None or weight is None else split.share(CANARY)
        self.rows.append(Row(title, weight, counted.sent, counted.failed, share, seconds))
        self._report(answers, counted, split)
        lost = _lost(step, answers)
        if lost:
            raise PromiseError(f"{title}: {lost} requests were lost: {dict(counted.failures)}")
        if split is not None and weight is not None and not keeps_share(split, CANARY, weight):
            raise PromiseError(
                f"{title}: {CANARY} got {split.share(CANARY):.2f}% of the requests in place of "
                f"{weight:g}%: {dict(split.versions)}"
            )

    def change(self, step: Step, *commands: str) -> None:
        """Change the stack file with `commands`, update, and wait until it is live."""
        for command in (*commands, "pulumi up --yes --skip-preview"):
            self._shell.run(command)
        self._changed = time.monotonic()
        self.settle(step)

    def settle(self, step: Step) -> None:
        """Wait until what has just changed is live."""
        time.sleep(LIVE)
        step.live = self._load.mark()

    def watch(self) -> None:
        """Let the window pass that the last change opened."""
        time.sleep(max(0.0, self._changed + self._window - time.monotonic()))

    def see(self, step: Step) -> None:
        """Let as many requests pass as say something about a share."""
        if step.live is not None:
            self._load.wait_for(FEWEST, step.live)

    def measure(self, step: Step) -> None:
        """Send what the load lacks to 200 pages read and 2,000 requests in all."""
        since = self._load.mark()
        client = Client(self._load.target)
        for page in pages() * (MEASURED_OCR // len(pages())):
            if len(self._load.since(since)) + len(step.others) >= MEASURED_OCR:
                break
            step.others.append(client.read_page(page))
        client.close()
        read = len(self._load.since(since)) + len(step.others)
        print(f"    {read} receipts read; now {MEASURED - read} requests that cost no OCR")
        step.others += ask(self._load.target, MEASURED - read)

    def _report(self, answers: list[Answer], counted: Tally, split: Tally | None) -> None:
        shares = "" if split is None else f"; live: {_shares(split)}"
        kinds = "".join(f" ({kind}: {n})" for kind, n in counted.failures.items())
        p99 = f"{1000 * latency(answers, 0.99):.0f} ms" if counted.versions else "none"
        sent = f"sent {counted.sent}, failed {counted.failed}{kinds}, p99 {p99}"
        print(f"  > {sent}{shares}", flush=True)


def _lost(step: Step, answers: list[Answer]) -> int:
    if step.killed is not None:
        return lost_outside(answers, *step.killed)
    end = step.live if step.faulty and step.live is not None else math.inf
    return sum(
        each.failure is not None
        and not (step.faulty and each.version == CANARY and each.sent < end)
        for each in answers
    )


def _shares(split: Tally) -> str:
    return ", ".join(
        f"{version} {split.share(version):.2f}% ({count})"
        for version, count in sorted(split.versions.items())
    )
