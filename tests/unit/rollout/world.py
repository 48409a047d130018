"""A cluster, a stack and people in memory, for tests of the controller's loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from infra.config import StackConfig
from infra.split import Split
from rollout.journal import Page
from rollout.kube import ClusterAway, Conflict
from rollout.preflight import Facts, Pods
from rollout.sources import Parameters, SourceAway
from rollout.stack import StackError
from rollout.state import State
from rollout.watcher import Judged


@dataclass
class World:
    """What the fakes share. `before_act` may raise, as a kill or an outage does."""

    live: Split
    page: Page = field(default_factory=Page)
    revision: int = 0
    judged: Judged | None = None
    alerts: list[str] = field(default_factory=list)
    alertmanager_away: bool = False
    cluster_away: bool = False
    held: bool = True
    acts: list[tuple[str, Split]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    before_act: Callable[[str, Split], None] = lambda kind, split: None


@dataclass
class FakeRoutes:
    world: World

    def split(self) -> Split:
        if self.world.cluster_away:
            raise ClusterAway("list ingresses: no answer")
        return self.world.live

    def patch(self, split: Split) -> None:
        self.world.before_act("patch", split)
        self.world.acts.append(("patch", split))
        self.world.live = split


@dataclass
class FakeStack:
    world: World
    name: str = "prod"

    def converge(self, model: str, split: Split, message: str, *, back: bool) -> None:
        self.world.before_act("up", split)
        self.world.acts.append(("up", split))
        self.world.live = split


@dataclass
class FakeJournal:
    world: World

    def read(self) -> Page:
        if self.world.cluster_away:
            raise ClusterAway("read journal: no answer")
        return self.world.page

    def write(self, page: Page) -> Page:
        if self.world.cluster_away:
            raise ClusterAway("write journal: no answer")
        if page.revision != self.world.page.revision:
            raise Conflict("write journal")
        self.world.revision += 1
        self.world.page = replace(page, revision=str(self.world.revision))
        return self.world.page


@dataclass
class FakeLease:
    world: World

    @property
    def held(self) -> bool:
        return self.world.held


@dataclass
class FakeWatcher:
    world: World
    begun: list[State] = field(default_factory=list)

    def begin(self, state: State, plan: object) -> None:
        self.begun.append(state)

    def look(self) -> Judged:
        if self.world.judged is None:
            raise SourceAway("prometheus: no answer")
        return self.world.judged


@dataclass
class FakeAlertmanager:
    world: World

    def get(self, path: str, parameters: Parameters) -> Any:  # noqa: ANN401
        if self.world.alertmanager_away:
            raise SourceAway("alertmanager: no answer")
        return [{"labels": {"alertname": name}} for name in self.world.alerts]

    def post(self, path: str, body: Any) -> None:  # noqa: ANN401
        if self.world.alertmanager_away:
            raise SourceAway("alertmanager: no answer")
        self.world.told += [event["annotations"]["summary"] for event in body]


def facts(config: StackConfig, live: Split) -> Facts:
    """A cluster in which nothing stands against a start."""
    pods = {"v1.1": Pods(4, 4, 4), "v1.2": Pods(0, 0, 2)}
    return Facts(live, pods, {"gpu-canary": 3, "gpu-stable": 4}, {"v1.1": (), "v1.2": ()})


__all__ = [
    "FakeAlertmanager",
    "FakeJournal",
    "FakeLease",
    "FakeRoutes",
    "FakeStack",
    "FakeWatcher",
    "StackError",
    "World",
    "facts",
]
