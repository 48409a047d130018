"""The memory of a rollout, in a ConfigMap beside the model: where it is, and how it came there.

Every state is written here before it is acted on, so that a controller that is killed is followed
by one that knows what was begun. A write fails when anybody else has written in between: of two
controllers that both think they may act, one finds out here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from kubernetes import client
from pydantic import TypeAdapter

from infra.config import Rollout
from infra.names import MANAGED_BY, MODEL
from rollout.kube import TIMEOUT, ClusterAway, Conflict, asked, is_missing
from rollout.state import Command, State

MOST_ENTRIES = 300
"""Entries that are kept: about 200 KB of the 1 MiB that an object may have."""


@dataclass(frozen=True)
class Entry:
    """One transition. `evidence` is the judge's, as JSON values; `by` is the controller's name."""

    at: datetime
    by: str
    state: State
    evidence: Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """All that a journal knows.

    holder: the controller that wrote last.
    judge: the judge's state as JSON, so that its E values outlive a controller.
    commands: what people said and no controller has heard yet.
    revision: of the object, None before it exists.
    """

    state: State | None = None
    plan: Rollout = field(default_factory=Rollout)
    holder: str = ""
    judge: str | None = None
    entries: tuple[Entry, ...] = ()
    commands: tuple[Command, ...] = ()
    revision: str | None = None


_STATE = TypeAdapter(State)
_ENTRY = TypeAdapter(Entry)


def name(model: str) -> str:
    """Name of the ConfigMap and of the Lease of a model's rollout."""
    return f"rollout-{model}"


class Journal:
    """The journal of one model's rollouts."""

    def __init__(self, api: client.ApiClient, namespace: str, model: str) -> None:
        self._api = client.CoreV1Api(api)
        self._namespace, self._model = namespace, model

    def read(self) -> Page:
        """What is written; an empty page where nothing is. Raises ClusterAway, ValueError."""
        try:
            with asked(f"read journal {name(self._model)}"):
                found = self._api.read_namespaced_config_map(
                    name(self._model), self._namespace, _request_timeout=TIMEOUT
                )
        except ClusterAway as error:
            if is_missing(error):
                return Page()
            raise
        return _parse(found.data or {}, found.metadata.resource_version)

    def write(self, page: Page) -> Page:
        """Write a page in the place of the one it was made from; returns it with its revision.

        Raises Conflict when somebody has written since, ClusterAway.
        """
        body = client.V1ConfigMap(
            metadata=client.V1ObjectMeta(
                name=name(self._model),
                labels={**MANAGED_BY, MODEL: self._model},
                resource_version=page.revision,
            ),
            data=_dump(page),
        )
        with asked(f"write journal {name(self._model)}"):
            written = (
                self._api.create_namespaced_config_map(
                    self._namespace, body, _request_timeout=TIMEOUT
                )
                if page.revision is None
                else self._api.replace_namespaced_config_map(
                    name(self._model), self._namespace, body, _request_timeout=TIMEOUT
                )
            )
        return replace(page, revision=written.metadata.resource_version)

    def say(self, command: Command) -> None:
        """Leave a command for the controller. Raises ClusterAway, LookupError without a rollout."""
        self._change(lambda page: replace(page, commands=(*page.commands, command)))

    def _change(self, change: Callable[[Page], Page]) -> None:
        while True:
            page = self.read()
            if page.state is None or page.state.done:
                raise LookupError(f"no rollout of {self._model} is under way")
            try:
                self.write(change(page))
            except Conflict:
                continue
            return


def turned(page: Page, entry: Entry) -> Page:
    """The page with one more entry, which its state becomes; the oldest entries make room."""
    return replace(page, state=entry.state, entries=(*page.entries, entry)[-MOST_ENTRIES:])


def _dump(page: Page) -> dict[str, str]:
    return {
        "state": "" if page.state is None else _STATE.dump_json(page.state).decode(),
        "plan": page.plan.model_dump_json(by_alias=True),
        "holder": page.holder,
        "judge": page.judge or "",
        "entries": "\n".join(_ENTRY.dump_json(entry).decode() for entry in page.entries),
        "commands": " ".join(page.commands),
    }


def _parse(data: Mapping[str, str], revision: str) -> Page:
    return Page(
        state=_STATE.validate_json(data["state"]) if data.get("state") else None,
        plan=Rollout.model_validate_json(data.get("plan") or "{}"),
        holder=data.get("holder", ""),
        judge=data.get("judge") or None,
        entries=tuple(map(_ENTRY.validate_json, data.get("entries", "").splitlines())),
        commands=tuple(map(Command, data.get("commands", "").split())),
        revision=revision,
    )
