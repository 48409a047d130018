"""One run: a first stack, no room, planted wrongs, then life until there are placements enough."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from bench.placement.acts import full_pool, quota_full
from bench.placement.checker import Declared, Release, Violation
from bench.placement.driver import Driver
from bench.placement.fleet import MACHINE, Values, machines
from bench.placement.life import Life, Troubles, begin
from bench.placement.planted import plant_all
from bench.placement.world import World
from local.simulated.cluster import SimulationError, simulated

# Seconds: a round goes on when nothing moves any more, or after a while.
_QUIET, _MOST = 0.5, 4.0
_SETTLED, _SETTLE_MOST = 2.0, 300.0
# Of a hundred models, those that change in a round.
_CHANGING = 60
_FEWEST_CHANGES = 6
_IDLE_ROUNDS = 30
_REPORT_EVERY = 5


@dataclass(frozen=True)
class Plan:
    """How large, and from which seed."""

    nodes: int
    models: int
    placements: int
    seed: int


@dataclass
class Report:
    """What was seen. waits, refused: what the cluster says of a canary for which there is no room.

    planted: by wrong, whether it was reported. hit: nodes that failed, went or were drained.
    choices, crowded, limits: of `World`.
    """

    plan: Plan
    waits: str = ""
    refused: str = ""
    planted: dict[str, bool] = field(default_factory=dict)
    placements: int = 0
    rounds: int = 0
    hit: int = 0
    most_pods: int = 0
    most_waiting: int = 0
    choices: int = 0
    crowded: int = 0
    violations: list[Violation] = field(default_factory=list)
    limits: list[Violation] = field(default_factory=list)
    seconds: float = 0.0

    def holds(self) -> bool:
        """Whether everything was as it must be."""
        enough = self.placements >= self.plan.placements
        return enough and not self.violations and all(self.planted.values())


def run(plan: Plan, tools: dict[str, Path], log: Callable[[str], None]) -> Report:
    """What was seen in one run, which takes a control plane of its own up and down.

    Raises:
        ConfigErrors, ValueError: such a fleet does not fit onto so few nodes.
        SimulationError: the control plane does not start, or places nothing any more.
        UnmetError: a canary for which there is no room does not wait, or not for the right reason.
    """
    rng = random.Random(plan.seed)  # noqa: S311 - chance, not secrets
    there = machines(plan.nodes)
    values, config = begin(there, plan.models, rng)
    report, started = Report(plan), monotonic()

    def step(what: str) -> None:
        log(f"{what} after {monotonic() - started:.0f} s")

    with simulated(tools) as client:
        step("control plane up")
        driver = Driver(client, there)
        world = World(client, _declared(values, {}))
        driver.begin(config)
        _settle(world)
        step(f"{len(there)} nodes and {plan.models} models there")
        report.waits = full_pool(driver, world, values)
        report.refused = quota_full(driver, world, values)
        _settle(world)
        report.violations += world.violations()
        step("canaries without room seen")
        report.planted = plant_all(driver, world)
        step(f"{len(report.planted)} wrongs planted")
        # Whoever does not want to wait for the end is told what was seen until then.
        with suppress(KeyboardInterrupt):
            for _ in _lives(driver, world, values, report, rng):
                if report.rounds % _REPORT_EVERY == 0:
                    step(f"{world.placements} placements, {len(report.violations)} violations")
        driver.trouble(Troubles())
        _settle(world)
        _look(world, report)
    report.choices, report.crowded, report.limits = world.choices, world.crowded, world.limits
    report.placements, report.seconds = world.placements, monotonic() - started
    return report


def _lives(
    driver: Driver, world: World, values: Values, report: Report, rng: random.Random
) -> Iterator[None]:
    """Rounds of changes and troubles, until there are placements enough."""
    life, troubles, idle = Life(rng), Troubles(), 0
    there = machines(report.plan.nodes)
    changes = max(_FEWEST_CHANGES, report.plan.models * _CHANGING // 100)
    while world.placements < report.plan.placements:
        before = world.placements
        # First, so that nodes that come back are there before pods are that look for a place.
        after = troubles.next(there, rng)
        report.hit += len(after.all() - troubles.all())
        troubles = after
        driver.trouble(troubles)
        values, config = life.go_on(values, changes)
        world.declared = _declared(values, world.declared.pools)
        driver.update(config)
        world.settle(_QUIET, _MOST)
        _look(world, report)
        idle = 0 if world.placements > before else idle + 1
        if idle > _IDLE_ROUNDS:
            raise SimulationError(f"nothing was placed in {idle} rounds")
        yield


def _declared(values: Values, before: Mapping[Release, str]) -> Declared:
    """Of the stack file as it is written, and versions that are no more."""
    models = values["models"]
    pools = {
        (name, version): each["pool"]
        for name, model in models.items()
        for version, each in model["versions"].items()
    }
    stable = {name: model["stable"] for name, model in models.items()}
    return Declared({**before, **pools}, stable, MACHINE)


def _settle(world: World) -> None:
    if not world.settle(_SETTLED, _SETTLE_MOST):
        raise SimulationError(f"pods still change after {_SETTLE_MOST:g} s")


def _look(world: World, report: Report) -> None:
    pods = world.pods()
    report.rounds += 1
    report.most_pods = max(report.most_pods, len(pods))
    report.most_waiting = max(report.most_waiting, sum(pod.node is None for pod in pods))
    report.violations += world.violations()
