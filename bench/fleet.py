"""What a fleet's size costs: one stack for all models against a platform and groups of models.

python -m bench.fleet --help
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log
from pathlib import Path
from time import monotonic, sleep

from bench import fleet_files as files
from bench.command import tell
from bench.instance import up_meanwhile
from bench.peak import Took, watched
from bench.stack import BenchStack, UnexpectedError
from bench.table import columns, spread
from local import interrupts

_ROOT = Path(__file__).parents[1]
_LOW, _HIGH = 5, 20
_GOAL = 1.3
_UP = ("pulumi", "up", "--yes", "--skip-preview", "--non-interactive", "--color=never")
_PREVIEW = ("pulumi", "preview", "--non-interactive", "--color=never")
_REFRESH = ("pulumi", "refresh", "--yes", "--skip-preview", "--non-interactive", "--color=never")
# The window of a step in `bench.stack`, and a little: a weight may rise again then.
_WINDOW_SECONDS = 1.5

_EXPLANATION = """\
examples:
  python -m bench.fleet                            1, 10, 100, 500 models, both ways
  python -m bench.fleet --models 1 20 --whole 1 20 --runs 1    a short run
An embedded platform named bench is started for it and taken down at the end, unless --instance
names one that is up. One model has pods; the others are parked: a Deployment without pods, a
Service, a budget and two Ingresses each. State is on the file backend.

columns, medians with (lowest to highest), in seconds:
  first up     of everything; of a fleet in groups, of all its stacks one after the other
  preview      of one changed weight
  one weight   its `pulumi up`, without preview
  no-op        the same with nothing changed
  refresh      of that stack
  memory       peak of the resident memory of engine, program and provider together, MiB
  state        of the stack with the changed weight, KiB
slope: of the logarithms of seconds and models; 0 does not grow, 1 grows as the fleet does
"""


@dataclass
class Sample:
    """Measured seconds of a fleet of `models` models; `memory` and `state` in bytes."""

    way: str
    namespace: str
    models: int
    stacks: int
    first: float
    preview: list[float] = field(default_factory=list)
    one: list[float] = field(default_factory=list)
    no_op: list[float] = field(default_factory=list)
    refresh: list[float] = field(default_factory=list)
    memory: int = 0
    state: int = 0

    def cells(self) -> tuple[str, ...]:
        """A line of the table."""
        times = map(spread, (self.preview, self.one, self.no_op, self.refresh))
        sizes = (f"{self.memory / 2**20:.0f}", f"{self.state / 2**10:.0f}")
        return (self.way, str(self.models), str(self.stacks), f"{self.first:.1f}", *times, *sizes)


_HEAD = (
    *("way", "models", "stacks", "first up", "preview", "one weight", "no-op", "refresh"),
    *("memory", "state"),
)


def main() -> int:
    """Exit status: 0 the goal is met, 1 it is not, or something did not go as it should."""
    options = _parser().parse_args()
    interrupts.deliver()
    tell(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before the start")
    samples: list[Sample] = []
    try:
        with up_meanwhile(options.instance) as layout, tempfile.TemporaryDirectory() as scratch:
            instance, place = layout.name, Path(scratch)
            for models in options.models:
                fleet = _in_groups(instance, place, models, options.group)
                samples.append(_measure(*fleet, options.runs))
                tell(columns([_HEAD, samples[-1].cells()]))
            for models in options.whole:
                samples.append(_measure(*_whole(instance, place, models), options.runs))
                tell(columns([_HEAD, samples[-1].cells()]))
    except (UnexpectedError, subprocess.CalledProcessError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    print(columns([_HEAD, *(each.cells() for each in samples)]))
    return 0 if _fits(samples) else 1


Weigh = Callable[[int], None]
"""Writes a weight into the stack file that is measured."""


def _whole(instance: str, place: Path, models: int) -> tuple[Sample, BenchStack, Weigh]:
    name = f"whole-{models}"
    stack = _stack(instance, place, name)

    def weigh(weight: int) -> None:
        stack.put(files.whole(name, models, weight))

    weigh(_LOW)
    return Sample("one stack", name, models, 1, _run(stack, *_UP).seconds), stack, weigh


def _in_groups(
    instance: str, place: Path, models: int, largest: int
) -> tuple[Sample, BenchStack, Weigh]:
    base = f"fleet-{models}"
    counts = files.sizes(models, largest)
    platform = _stack(instance, place, base)
    platform.put(files.platform(base, len(counts)))
    started = monotonic()
    _run(platform, *_UP)
    stacks = []
    for number, count in enumerate(counts):
        stack = _stack(instance, place, files.group_namespace(base, number))
        stack.put(files.group(base, base, number, count, _LOW))
        _run(stack, *_UP)
        stacks.append(stack)
    first = monotonic() - started

    def weigh(weight: int) -> None:
        stacks[0].put(files.group(base, base, 0, counts[0], weight))

    sample = Sample("groups", files.group_namespace(base, 0), models, 1 + len(counts), first)
    return sample, stacks[0], weigh


def _measure(sample: Sample, stack: BenchStack, weigh: Weigh, runs: int) -> Sample:
    for run in range(runs):
        sleep(_WINDOW_SECONDS)
        weigh(_HIGH if run % 2 == 0 else _LOW)
        sample.preview.append(_run(stack, *_PREVIEW).seconds)
        one = _run(stack, *_UP)
        changed = one.text.count(" updated (")
        if changed != 1:
            raise UnexpectedError(f"a changed weight changed {changed} objects:\n{one.text}")
        sample.one.append(one.seconds)
        sample.memory = max(sample.memory, one.peak)
        sample.no_op.append(_run(stack, *_UP).seconds)
        sample.refresh.append(_run(stack, *_REFRESH).seconds)
    sample.state = len(stack.run("pulumi", "stack", "export"))
    # The cards of its pods are the next one's.
    stack.run("kubectl", "delete", "deployment", "--all", "--namespace", sample.namespace)
    return sample


def _stack(instance: str, place: Path, name: str) -> BenchStack:
    return BenchStack.create(instance, _ROOT, place / f"Pulumi.{name}.yaml", name)


def _run(stack: BenchStack, *command: str) -> Took:
    took = watched(command, stack.shell.directory, stack.shell.environment)
    if took.status:
        raise UnexpectedError(f"`{' '.join(command)}` failed:\n{took.text.strip()}")
    return took


def _fits(samples: Sequence[Sample]) -> bool:
    """Print how each way grows, and whether the largest fleet in groups is quick enough."""
    for way in dict.fromkeys(each.way for each in samples):
        ones = [each for each in samples if each.way == way]
        if len(ones) > 1:
            x = [log(each.models) for each in ones]
            slopes = {
                what: statistics.linear_regression(
                    x, [log(statistics.median(getattr(each, what))) for each in ones]
                ).slope
                for what in ("preview", "one", "no_op", "refresh")
            }
            shown = ", ".join(f"{what} {slope:.2f}" for what, slope in slopes.items())
            print(f"slope, {way}: {shown}")
    grouped = sorted((e for e in samples if e.way == "groups"), key=lambda each: each.models)
    small, large = grouped[0], grouped[-1]
    ratio = statistics.median(large.one) / statistics.median(small.one)
    print(
        f"one weight in groups, {large.models} models over {small.models}: {ratio:.2f} "
        f"({'holds' if ratio <= _GOAL else 'misses'} <= {_GOAL})"
    )
    return ratio <= _GOAL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.fleet",
        description=__doc__.splitlines()[0] if __doc__ else None,
        epilog=_EXPLANATION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, way in (("--models", "groups"), ("--whole", "one stack")):
        parser.add_argument(
            name,
            type=int,
            nargs="+",
            metavar="N",
            default=[1, 10, 100, 500],
            help=f"models of fleets in {way} (1 10 100 500)",
        )
    parser.add_argument("--group", type=int, default=5, metavar="N", help="models of a group (5)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="repetitions (3)")
    parser.add_argument("--instance", metavar="NAME", help="an instance that is up")
    return parser


if __name__ == "__main__":
    sys.exit(main())
