"""Begins rollouts, and drives those that have begun."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from kubernetes import client, config

from infra.config import Rollout, StackConfig, show_duration
from infra.split import percent
from rollout.alerts import firing
from rollout.calendar import closed
from rollout.controller import Controller, LostLease, World
from rollout.facts import pods, spare
from rollout.journal import Entry, Journal, Page, name, turned
from rollout.kube import ClusterAway, Conflict
from rollout.lease import Lease
from rollout.live import Routes
from rollout.preflight import Facts, objections
from rollout.sources import Source, alerting_of, sources
from rollout.stack import ProjectStack
from rollout.stack_file import must_have
from rollout.state import Phase, State
from rollout.watcher import Watcher

_AGAIN_SECONDS = 1.0

_log = logging.getLogger(__name__)

UNHELD = ""
"""Holder of a rollout that no controller has taken up yet."""


class Busy(Exception):
    """Another rollout of the model, or another controller of this one, is in the way."""


def connect(context: str | None) -> client.ApiClient:
    """A client of the cluster: the pod's own inside of one, else KUBECONFIG's.

    Raises ClusterAway.
    """
    settings = client.Configuration()
    try:
        if context is None and "KUBECONFIG" not in os.environ and _in_cluster():
            config.load_incluster_config(client_configuration=settings)
        else:
            config.load_kube_config(context=context, client_configuration=settings)
    except (config.ConfigException, OSError) as error:
        raise ClusterAway(f"no cluster: {error}; set KUBECONFIG") from error
    settings.retries = False
    return client.ApiClient(settings)


def begin(journal: Journal, stack: StackConfig, model: str, new: str | None, holder: str) -> Page:
    """Write the first page of a rollout to `new`, or take up the one that is under way.

    Without `new` it takes up what is under way. Raises Busy when another version is on its way,
    LookupError for a model that is not there, and where there is nothing to take up.
    """
    must_have(stack, model)
    page = journal.read()
    if page.state is not None and not page.state.done:
        if new not in (None, page.state.new):
            raise Busy(
                f"a rollout of {model} to {page.state.new} is under way; abort it first: "
                f"rollout abort {model}"
            )
        if page.holder == UNHELD:
            # Asked for from another checkout: the plan is that of the file that will be written.
            page = replace(
                page,
                plan=stack.models[model].rollout,
                state=replace(page.state, old=stack.models[model].stable),
            )
        return journal.write(replace(page, holder=holder))
    if new is None:
        raise LookupError(f"no rollout of {model} is under way")
    now = datetime.now(UTC)
    state = State(stack.models[model].stable, new, Phase.PREFLIGHT, now, reason="begun")
    plan = stack.models[model].rollout
    fresh = replace(page, plan=plan, holder=holder, judge=None, commands=())
    return journal.write(turned(fresh, Entry(now, holder, state, {})))


def ask(journal: Journal, stack: StackConfig, model: str, new: str) -> None:
    """Begin a rollout that a controller in the cluster takes up.

    Raises Busy when one is under way, LookupError for a model that is not there, ClusterAway.
    """
    must_have(stack, model)
    state = journal.read().state
    if state is not None and not state.done:
        raise Busy(f"a rollout of {model} to {state.new} is under way: rollout explain {model}")
    try:
        begin(journal, stack, model, new, UNHELD)
    except Conflict as error:
        raise Busy(
            f"somebody else has just begun one of {model}: rollout explain {model}"
        ) from error


def drive(
    api: client.ApiClient,
    stack: ProjectStack,
    model: str,
    new: str | None,
    wait: Callable[[str], None],
    *,
    inside: bool = False,
) -> State:
    """Drive a rollout to its end; `wait` is called with the holder that is in the way, again and
    again until it returns no more.

    Without `new` it is the one under way. Who has waited for somebody else that drove the same
    release to its end does not begin it again. A lease that is lost, as when the cluster is away
    for longer than it holds, is waited for. `inside` is for a pod that monitoring lets in.
    Raises Busy, LookupError, ClusterAway at the start, StackError, what `wait` raises.
    """
    config = stack.config()
    alerting_of(config)
    holder = f"{socket.gethostname()}-{os.getpid()}"
    journal = Journal(api, config.namespace, model)
    lease = Lease(api, config.namespace, name(model), holder)
    known, driven, others = journal.read().revision, False, set[str]()
    try:
        while True:
            try:
                while (in_the_way := lease.acquire()) is not None:
                    others.add(in_the_way)
                    wait(in_the_way)
                page = journal.read()
                if (page.revision != known or page.holder in others) and _led(page, new):
                    assert page.state is not None  # noqa: S101 - for the type checker: as `_led`
                    return page.state
                page = begin(journal, stack.config(), model, new, holder)
                driven = True
            except Conflict:
                continue
            except ClusterAway as error:
                if not driven and not others:
                    raise
                _log.warning("%s; trying again", error)
                time.sleep(_AGAIN_SECONDS)
                continue
            try:
                return _controller(
                    api, stack, model, page=page, journal=journal, lease=lease, inside=inside
                ).run(page)
            except LostLease as error:
                _log.warning("%s; waiting for it", error)
    finally:
        lease.release()


def _led(page: Page, new: str | None) -> bool:
    """Whether the release that was asked for has ended."""
    return page.state is not None and page.state.done and new in (None, page.state.new)


def _controller(
    api: client.ApiClient,
    stack: ProjectStack,
    model: str,
    *,
    page: Page,
    journal: Journal,
    lease: Lease,
    inside: bool,
) -> Controller:
    """A controller that goes on from a page. Raises LookupError."""
    assert page.state is not None  # noqa: S101 - for the type checker: `begin` has written it
    config, to = stack.config(), page.state.new
    prometheus, alertmanager = sources(alerting_of(config), api, inside=inside)
    watcher = Watcher(prometheus, config, model)
    watcher.resume(page.state, page.plan, page.judge)
    world = World(
        routes=Routes(api, config, model),
        stack=stack,
        journal=journal,
        lease=lease,
        watcher=watcher,
        alertmanager=alertmanager,
        facts=lambda current: replace(
            read_facts(api, current, model, to, alertmanager), checkout=stack.objections()
        ),
    )
    return Controller(world, config, model, page.holder)


def dry_run(
    api: client.ApiClient, stack: ProjectStack, model: str, new: str
) -> tuple[list[str], bool]:
    """What a rollout would do now, in lines, and whether it may begin; nothing is changed.

    Raises LookupError, ClusterAway, SourceAway, StackError.
    """
    config = stack.config()
    alerting = alerting_of(config)
    must_have(config, model)
    _, alertmanager = sources(alerting, api)
    facts = read_facts(api, config, model, new, alertmanager)
    facts = replace(facts, checkout=stack.objections())
    against = objections(config, model, new, facts)
    plan = config.models[model].rollout
    lines = [f"{model}: {config.models[model].stable} → {new}"]
    lines += [f"  refused: {each}" for each in against]
    if (why := closed(plan, datetime.now(UTC), alerting.time_zone)) is not None:
        lines.append(f"  waits: {why}")
    for weight in (0, *plan.steps):
        gate = ", after approval" if weight in plan.gates else ""
        lines.append(f"  {percent(weight)}%: {_step(plan, weight)}{gate}")
    lines.append(f"  stable: watched for {show_duration(plan.watch)}")
    return lines, not against


def _step(plan: Rollout, weight: float) -> str:
    if weight == 0:
        return f"testers only, {show_duration(plan.testers)}" if plan.testers else "deployed, warm"
    return f"at least {show_duration(plan.window)} and {plan.min_requests} requests"


def read_facts(
    api: client.ApiClient, config: StackConfig, model: str, new: str, alertmanager: Source
) -> Facts:
    """What preflight judges by, of the cluster. Raises ClusterAway, SourceAway."""
    versions = {config.models[model].stable, new}
    return Facts(
        live=Routes(api, config, model).split(),
        pods=pods(api, config, model),
        spare=spare(api, config),
        alerts={
            version: firing(alertmanager, config.namespace, model, version)
            for version in sorted(versions)
        },
    )


def _in_cluster() -> bool:
    return "KUBERNETES_SERVICE_HOST" in os.environ
