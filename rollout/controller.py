"""The loop: look, decide, write it down, act.

Everything that decides is pure and elsewhere; here is what talks to the cluster, and what happens
when it does not answer.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from infra.config import StackConfig
from rollout.alerts import firing, tell
from rollout.calendar import closed
from rollout.checks import first_failure
from rollout.decide import decide
from rollout.events import event
from rollout.git import message
from rollout.journal import Entry, Journal, Page, turned
from rollout.kube import ClusterAway, Conflict
from rollout.lease import Lease
from rollout.live import Routes
from rollout.preflight import Facts, objections
from rollout.sources import Source, SourceAway
from rollout.stack import ProjectStack, StackError
from rollout.state import Phase, Seen, State
from rollout.waits import waits_for
from rollout.watcher import Judged, Watcher

TICK_SECONDS = 2.0
"""Time between looks: an alert of the canary waits no longer than this."""
_BACKOFF_SECONDS = (1, 5, 15)
_MOST_BROKEN = 3

_log = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")


class LostLease(Exception):
    """This controller may not act any more: another one drives the rollout, or soon may."""

    def __init__(self, model: str) -> None:
        super().__init__(f"the lease on the rollout of {model} is lost")


@dataclass(frozen=True)
class World:
    """Everything outside the controller."""

    routes: Routes
    stack: ProjectStack
    journal: Journal
    lease: Lease
    watcher: Watcher
    alertmanager: Source
    facts: Callable[[StackConfig], Facts]


class Controller:
    """Drives the rollout of one model from where its journal says it is."""

    def __init__(self, world: World, config: StackConfig, model: str, name: str) -> None:
        self._world, self._config, self._model, self._name = world, config, model, name
        self._zone = config.alerting.time_zone if config.alerting else "UTC"
        self._broken = 0

    def run(self, page: Page) -> State:
        """Go on until the rollout has ended. Raises LostLease."""
        stale = False
        while page.state is not None and not page.state.done:
            try:
                page = self._read_again(page) if stale else self._go_on(page, page.state)
                stale = False
            except ClusterAway as error:
                # Nothing can be written down, so nothing new is begun.
                _log.warning("%s; trying again", error)
                time.sleep(_BACKOFF_SECONDS[0])
            except Conflict:
                stale = True
        if page.state is None:
            raise LookupError(f"no rollout of {self._model} was begun")
        return page.state

    def _go_on(self, page: Page, state: State) -> Page:
        if not self._world.lease.held:
            raise LostLease(self._model)
        if state.act is not None:
            seen = self._act(page, state)
            page = self._turn(page, state, replace(seen, commands=page.commands), None)
            return page if seen.acted or seen.failed else self._read_again(page)
        judged = self._judge(state)
        page = self._turn(page, state, self._look(page, state, judged), judged)
        if page.state is not None and page.state.act is None:
            time.sleep(TICK_SECONDS)
            page = self._read_again(page)
        return page

    def _turn(self, page: Page, state: State, seen: Seen, judged: Judged | None) -> Page:
        after = decide(state, seen, page.plan)
        if judged is not None:
            page = replace(page, judge=judged.state)
        if after == state and not seen.commands:
            return page if judged is None or not judged.fresh else self._world.journal.write(page)
        entry = Entry(seen.now, self._name, after, {} if judged is None else judged.evidence)
        page = self._world.journal.write(replace(turned(page, entry), commands=()))
        _log.info("%s: %s", after.phase, after.reason)
        if after.act is None and after.since != state.since:
            self._world.watcher.begin(after, page.plan)
            self._broken = 0
        self._tell(state, after, page)
        return page

    def _act(self, page: Page, state: State) -> Seen:
        act = state.act
        assert act is not None  # noqa: S101 - for the type checker: `_go_on` has looked
        if state.failures:
            time.sleep(_BACKOFF_SECONDS[min(state.failures, len(_BACKOFF_SECONDS)) - 1])
        _log.info("%s: %s", act.kind, act.split)
        try:
            if act.kind == "patch":
                self._world.routes.patch(act.split)
            else:
                stack = self._world.stack
                words = message(self._model, stack.name, act.split, page.entries[-1])
                back = state.phase is Phase.BACK
                stack.converge(self._model, act.split, words, back=back)
        except StackError as error:
            _log.warning("%s failed: %s", act.kind, error)
            if not error.waits:
                return Seen(_now(), failed=str(error))
            # What somebody else is in the way of waits, and hears what matters.
            time.sleep(_BACKOFF_SECONDS[1])
            return Seen(_now(), alerts=self._alerts(state))
        except (ClusterAway, Conflict) as error:
            _log.warning("%s failed: %s", act.kind, error)
            return Seen(_now(), failed=str(error))
        return Seen(_now(), acted=True)

    def _look(self, page: Page, state: State, judged: Judged | None) -> Seen:
        seen = Seen(
            _now(),
            verdict=judged.verdict if judged else None,
            words=judged.words if judged else "",
            requests=judged.requests if judged else 0,
            live=_known(self._world.routes.split, ClusterAway, ValueError),
            alerts=self._alerts(state),
            closed=closed(page.plan, _now(), self._zone),
            broken=self._check_after(page, state),
            preflight=self._preflight(state),
            commands=page.commands,
        )
        if seen.closed is None and waits_for(state, seen, page.plan) is None:
            # Asked last, since they cost others something.
            seen = replace(seen, closed=first_failure(page.plan.before))
        return seen

    def _judge(self, state: State) -> Judged | None:
        if state.phase not in (Phase.TESTERS, Phase.STEP, Phase.WATCH):
            return None
        return _known(self._world.watcher.look, SourceAway)

    def _alerts(self, state: State) -> tuple[str, ...] | None:
        where = (self._config.namespace, self._model, state.new)
        return _known(lambda: firing(self._world.alertmanager, *where), SourceAway)

    def _preflight(self, state: State) -> tuple[str, ...] | None:
        if state.phase is not Phase.PREFLIGHT:
            return None
        facts = _known(lambda: self._world.facts(self._config), ClusterAway, SourceAway)
        if facts is None:
            return None
        return objections(self._config, self._model, state.new, facts)

    def _check_after(self, page: Page, state: State) -> str | None:
        if state.phase is not Phase.STEP:
            return None
        failure = first_failure(page.plan.after)
        self._broken = 0 if failure is None else self._broken + 1
        return failure if self._broken >= _MOST_BROKEN else None

    def _tell(self, before: State, after: State, page: Page) -> None:
        found = event(self._model, before, after, page.plan)
        if found is None:
            return
        owner = self._config.models[self._model].owner
        subject = {
            "namespace": self._config.namespace,
            "model": self._model,
            "version": after.new,
            "owner": owner or (self._config.alerting.default_team if self._config.alerting else ""),
        }
        try:
            tell(self._world.alertmanager, subject, found, _now())
        except SourceAway as error:
            _log.warning("nobody was told: %s", error)

    def _read_again(self, page: Page) -> Page:
        """The journal as it is now: people may have said something, or another controller acts."""
        found = self._world.journal.read()
        if found.holder != page.holder:
            raise LostLease(self._model)
        return found


def _known(ask: Callable[[], _Answer], *away: type[Exception]) -> _Answer | None:
    """What a source says, None where it fails with one of `away`: that is decided on, too."""
    try:
        return ask()
    except away as error:
        _log.warning("%s", error)
        return None


def _now() -> datetime:
    return datetime.now(UTC)
