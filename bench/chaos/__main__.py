"""Releases of a model while its controller, or what it stands on, is killed or frozen.

    python -m bench.chaos --fault controller --runs 20 --out runs.jsonl
    python -m bench.chaos --runs 50 --parallel 4 --seed 2 --out runs.jsonl

Each run is a real release of a minute (pods, gateway, Prometheus, Alertmanager, `pulumi up`) by
`python -m rollout run`, of a good or of a bad version; a seed says which, and one to three moments
at which the fault is done: SIGKILL, or SIGSTOP for some seconds. A controller that ends too early
is started again, as a supervisor does; another one is started while one is frozen, or beside one
that runs. What the cluster was told is watched from outside and judged by bench/chaos/checker.py.

Ctrl-C ends it; the same command goes on, without the runs that --out has. Evidence of runs with
violations lies in a directory beside it. Exits with 1 if a run was not as it should be.

columns: runs that were hit, how they ended, those with a violation, and the largest share of such
runs that this speaks for (95%, Clopper-Pearson); times that something was killed or frozen;
controllers that were started, and that ended without being hit; times that a person had to say
`pulumi cancel`; seconds of a run, median (lowest to highest).
"""

from __future__ import annotations

import argparse
import queue
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from bench.chaos import result
from bench.chaos.lane import BAD, GOOD, Lane, LaneError, lane
from bench.chaos.moments import FAULTS, SHARED, moments
from bench.chaos.run import Release, Storm, hit_instance, run
from bench.command import parser, tell
from bench.instance import up_meanwhile
from local import interrupts
from local.cluster.layout import Layout
from local.environment import of_shell
from tests.cluster.stacks import Platform

_BAD_SHARE = 0.4


def main() -> int:
    """Exit status: see above."""
    options = _parser().parse_args()
    interrupts.deliver()
    out: Path = options.out
    known = {(each.fault, each.number) for each in result.read(out)}
    wanted = [
        (fault, number)
        for number in range(options.runs)
        for fault in options.fault or FAULTS
        if (fault, number) not in known
    ]
    if wanted:
        try:
            with up_meanwhile(options.instance) as layout, tempfile.TemporaryDirectory() as place:
                bench = Bench(layout, Path(place), out, options.seed, options.wait_while)
                bench.run(wanted, options.parallel)
        except LaneError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    results = result.read(out)
    print(result.table(results))
    wrong = [each for each in results if each.violations]
    for each in wrong:
        print(f"{each.fault} {each.number}: {'; '.join(each.violations)}")
    return int(bool(wrong))


class Bench:
    """Runs on an instance that is up; its lanes are made once."""

    def __init__(
        self, layout: Layout, place: Path, out: Path, seed: int, wait_while: Path | None
    ) -> None:
        self._layout, self._place, self._out, self._seed = layout, place, out, seed
        self._wait_while = wait_while
        self._scratch = out.with_suffix(".evidence")
        self._lock = threading.Lock()

    def run(self, wanted: Sequence[tuple[str, int]], parallel: int) -> None:
        """What each lane has for itself first, then what all of them share."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        platform = Platform(of_shell(self._layout.name), self._layout.url)
        with ExitStack() as stack, ThreadPoolExecutor(parallel) as pool:

            def up(number: int) -> Lane:
                name = f"chaos-{number}"
                place = self._place / name
                place.mkdir()
                return stack.enter_context(lane(self._layout, platform, name, place))

            lanes = list(pool.map(up, range(1, parallel + 1)))
            tell(f"{parallel} stacks are up")
            self._apart(lanes, [each for each in wanted if each[0] not in SHARED])
            self._together(lanes, [each for each in wanted if each[0] in SHARED])

    def _apart(self, lanes: Sequence[Lane], wanted: Sequence[tuple[str, int]]) -> None:
        left: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
        for each in wanted:
            left.put(each)

        def work(lane: Lane) -> None:
            while True:
                try:
                    fault, number = left.get_nowait()
                except queue.Empty:
                    return
                try:
                    release = self._prepared(lane, fault, number)
                    self._one(lane, release, Storm(moments(fault, release.seed)), shared=False)
                except LaneError as error:
                    tell(f"{error}; no more runs there")
                    return

        _all([threading.Thread(target=work, args=(lane,)) for lane in lanes])

    def _together(self, lanes: Sequence[Lane], wanted: Sequence[tuple[str, int]]) -> None:
        while wanted:
            fault = wanted[0][0]
            group = [each for each in wanted if each[0] == fault][: len(lanes)]
            wanted = [each for each in wanted if each not in group]
            storm = Storm(moments(fault, f"{self._seed}/{fault}/{group[0][1]}/shared"), len(group))
            with ThreadPoolExecutor() as pool:
                asked = [
                    pool.submit(self._prepared, lane, *each)
                    for lane, each in zip(lanes, group, strict=False)
                ]
            releases = [each.result() for each in asked]
            threads = [
                threading.Thread(
                    target=self._one, args=(lane, release, storm), kwargs={"shared": True}
                )
                for lane, release in zip(lanes, releases, strict=False)
            ]
            hitting = threading.Thread(
                target=storm.run, args=(lambda moment: hit_instance(self._layout, moment),)
            )
            _all([hitting, *threads])

    def _prepared(self, lane: Lane, fault: str, number: int) -> Release:
        """The next release of a lane, which is brought to its start."""
        while self._wait_while is not None and self._wait_while.exists():
            time.sleep(1)
        seed = f"{self._seed}/{fault}/{number}"
        old = lane.file_says()[0]
        bad = random.Random(f"{seed}/version").random() < _BAD_SHARE  # noqa: S311
        new = BAD if bad else next(version for version in GOOD if version != old)
        try:
            lane.prepare(new)
        except LaneError as error:
            tell(f"{error}; once more")
            lane.mend(old)
            lane.prepare(new)
        return Release(fault, number, seed, old, new)

    def _one(self, lane: Lane, release: Release, storm: Storm, *, shared: bool) -> None:
        found = run(lane, self._layout, release, storm, shared=shared, scratch=self._scratch)
        with self._lock:
            result.append(self._out, found)
        tell(_line(found))
        if found.violations:
            lane.mend(release.old)


def _all(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _line(found: result.Result) -> str:
    done = ", ".join(
        f"{each['action']} {each['part']} at {each['at']:.0f}" for each in found.moments
    )
    wrong = f"; VIOLATIONS: {'; '.join(found.violations)}" if found.violations else ""
    return (
        f"{found.fault} {found.number}: {found.release} {found.outcome} in {found.seconds:.0f} s"
        f" ({done or 'nothing was hit'}){wrong}"
    )


def _parser() -> argparse.ArgumentParser:
    found = parser("bench.chaos", __doc__)
    found.add_argument("--fault", action="append", choices=FAULTS, help="default: each of them")
    found.add_argument("--runs", type=int, default=50, help="of each fault (%(default)s)")
    found.add_argument("--seed", type=int, default=1, help="(%(default)s)")
    found.add_argument("--parallel", type=int, default=4, help="releases at a time (%(default)s)")
    found.add_argument("--out", type=Path, required=True, metavar="FILE.jsonl")
    found.add_argument(
        "--wait-while", type=Path, metavar="FILE", help="begin no release while this file exists"
    )
    found.add_argument("--instance", metavar="NAME", help="one that is up; default: one of its own")
    return found


if __name__ == "__main__":
    sys.exit(main())
