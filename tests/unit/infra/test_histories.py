"""Any history of edits, updates, failures and hand work: what users meet is never a surprise.

A machine keeps what is true of the cluster (who gets what since when) beside what the stack
remembers. Updates succeed, fail before or after the routes, or stop between two objects; the
memory is only what a successful one wrote. The rules of the guard must hold of the truth.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from infra import http_route, ingress
from infra.config import ConfigErrors, StackConfig
from infra.outputs import from_outputs, to_outputs
from infra.override import Spent
from infra.release import Memory, Refused, admit, found
from infra.split import Split
from infra.traffic import routes
from tests.unit.infra.stacks import NOON, VERSIONS, WINDOW, image, stack

STEPS = (0, 5, 20, 50, 100)
BEFORE_ROUTES, BETWEEN_ROUTES, AFTER_ROUTES = 0, 1, 2
WEIGHTS = st.sampled_from(STEPS) | st.integers(0, 1000).map(lambda tenths: tenths / 10)
PAUSES = st.sampled_from([timedelta(seconds=1), WINDOW / 2, WINDOW, 3 * WINDOW])


class History(RuleBasedStateMachine):
    """One model through its life; subclasses choose the data plane."""

    gateway: bool

    @initialize()
    def begin(self) -> None:
        self.now = NOON
        self.stable, self.canary = "v1.1", dict[str, float]()
        self.images = {version: image(version) for version in VERSIONS}
        self.override: dict[str, object] | None = None
        self.outputs: Mapping[str, Any] = {}
        self.objects: dict[str, dict[str, Any]] = {}
        # The truth: what each version gets and since when, and who was stable before, as what.
        self.share_since: dict[str, tuple[float, datetime]] = {}
        self.deployed: dict[str, str] = {}
        self.former: tuple[str, str] | None = None
        self.update(stops=None)

    @rule(version=st.sampled_from(VERSIONS), weight=WEIGHTS)
    def write_weight(self, version: str, weight: float) -> None:
        others = self.canary if self.gateway else {}
        self.edit(self.stable, {**others, version: weight})

    @rule(version=st.sampled_from(VERSIONS))
    def release_a_step(self, version: str) -> None:
        higher = [step for step in STEPS if step > self.canary.get(version, 0)]
        assume(higher)
        self.write_weight(version, higher[0])
        self.wait(WINDOW)
        self.up()

    @rule()
    def take_the_canaries_away(self) -> None:
        self.edit(self.stable, {})

    @rule(version=st.sampled_from(VERSIONS))
    def write_stable(self, version: str) -> None:
        rest = {name: weight for name, weight in self.canary.items() if name != version}
        self.edit(version, rest)

    @rule(version=st.sampled_from(VERSIONS))
    def remove_version(self, version: str) -> None:
        assume(version in self.images and version not in (self.stable, *self.canary))
        del self.images[version]

    @rule(version=st.sampled_from(VERSIONS), content=st.sampled_from(["", "-fixed"]))
    def write_version(self, version: str, content: str) -> None:
        self.images[version] = image(version) + content

    @rule(reason=st.sampled_from(["because of 4711", "because of 4712"]))
    def break_the_glass(self, reason: str) -> None:
        self.override = {
            "model": "ocr",
            "stable": self.stable,
            "canary": self.canary,
            "reason": reason,
        }

    @rule(pause=PAUSES)
    def wait(self, pause: timedelta) -> None:
        self.now += pause

    @rule()
    def up(self) -> None:
        self.update(stops=None)

    @rule(at=st.sampled_from([BEFORE_ROUTES, BETWEEN_ROUTES, AFTER_ROUTES]))
    def up_that_stops(self, at: int) -> None:
        self.update(stops=at)

    @precondition(lambda self: any(self.live().canary.values()))
    @rule(part=st.sampled_from([0, 0.5]))
    def roll_back_by_hand(self, part: float) -> None:
        split = self.live()
        lower = {version: round(weight * part, 1) for version, weight in split.canary.items()}
        by_hand = self.config(split.stable, lower, VERSIONS)
        self.apply(routes(by_hand, "ocr"))

    def edit(self, stable: str, canary: Mapping[str, float]) -> None:
        """Write the stack file, if `python -m infra.config check` lets it through."""
        try:
            self.config(stable, canary, self.images)
        except ConfigErrors:
            assume(False)
        self.stable, self.canary, self.override = stable, dict(canary), None

    def config(
        self,
        stable: str,
        canary: Mapping[str, float],
        versions: Mapping[str, str] | tuple[str, ...],
        override: Mapping[str, object] | None = None,
    ) -> StackConfig:
        return stack(
            stable,
            canary,
            versions=tuple(versions),
            images=self.images,
            gateway=self.gateway,
            override=override,
        )

    def update(self, stops: int | None) -> None:
        """Run `pulumi up`; one that stops leaves the outputs as they were."""
        config = self.config(self.stable, self.canary, self.images, self.override)
        last = from_outputs(json.loads(json.dumps(self.outputs), parse_int=float))
        live = {"ocr": self.live()} if self.objects else {}
        memory = found(last, live, self.now)
        try:
            admitted = admit(config, memory, self.now)
        except Refused as refused:
            assert not self.only_goes_down() or all(".image:" in each for each in refused.reasons)
            return
        if live and not self.forced(memory.spent):
            self.check_rises()
            self.check_stable()
        self.check_content(memory)
        if memory == last:
            self.check_nothing_new(memory, admitted)
        if stops != BEFORE_ROUTES:
            self.deployed |= self.images
            self.apply(routes(config, "ocr")[: 1 if stops == BETWEEN_ROUTES else None])
        if stops is None:
            self.outputs = to_outputs(config, admitted)

    def live(self) -> Split:
        objects = list(self.objects.values())
        if self.gateway:
            return http_route.read_split(objects[0], VERSIONS)
        split = ingress.read_split("ocr", objects, VERSIONS)
        assert split is not None
        return split

    def apply(self, manifests: list[dict[str, Any]]) -> None:
        """Change live objects and keep the truth about it."""
        before = self.live() if self.objects else None
        self.objects |= {each["metadata"]["name"]: each for each in manifests}
        after = self.live()
        for version in VERSIONS:
            share = after.share(version)
            if version not in self.share_since or share != self.share_since[version][0]:
                self.share_since[version] = (share, self.now)
        if before is not None and before.stable != after.stable:
            self.former = (before.stable, self.deployed[before.stable])

    def only_goes_down(self) -> bool:
        live = self.live()
        return self.stable == live.stable and all(
            weight <= live.share(version) for version, weight in self.canary.items()
        )

    def forced(self, spent: tuple[Spent, ...]) -> bool:
        return self.override is not None and self.override["reason"] not in [
            each.reason for each in spent if each.split == Split(self.stable, self.canary)
        ]

    def check_rises(self) -> None:
        for version, weight in self.canary.items():
            share, since = self.share_since[version]
            if weight > share:
                assert weight <= next(step for step in STEPS if step > share)
                assert share == 0 or self.now - since >= WINDOW

    def check_stable(self) -> None:
        if self.stable == self.live().stable:
            return
        share, since = self.share_since[self.stable]
        full_canary = share == 100 and self.now - since >= WINDOW
        assert full_canary or self.former == (self.stable, self.images[self.stable])

    def check_content(self, memory: Memory) -> None:
        """What reaches users keeps its content, as far as any successful update wrote it down."""
        known = memory.records["ocr"].images if self.outputs else {}
        for version in set(known) & set(self.images):
            if self.objects and self.live().share(version) > 0:
                assert self.images[version] == known[version]

    def check_nothing_new(self, memory: Memory, admitted: Memory) -> None:
        """After a successful update with live routes as it left them, the next leaves the same."""
        last = memory.records.get("ocr")
        if last is None or last.split != Split(self.stable, self.canary):
            return
        if last.images.items() <= self.images.items() and not self.forced(memory.spent):
            assert admitted == memory


class IngressHistory(History):
    """Main and canary Ingress, between which an update may stop."""

    gateway = False


class GatewayHistory(History):
    """One HTTPRoute with several canaries."""

    gateway = True


def _case(machine: type[History]) -> Callable[..., object]:
    case = machine.TestCase
    case.settings = settings(
        max_examples=120,
        stateful_step_count=30,
        deadline=None,
        # The same histories for everybody; raise max_examples and drop this to look for new ones.
        derandomize=True,
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )
    return case


TestIngressHistories = _case(IngressHistory)
TestGatewayHistories = _case(GatewayHistory)
