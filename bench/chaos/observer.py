"""What the cluster was told, by whoever: live routes, leases and journal, in the order of writing.

Nothing of the rollout's own code reads here. Revisions are those of the cluster's one store, so
that they say what came first among objects of all kinds, whatever clocks say.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import urllib3
from kubernetes import client, config, watch

from bench.chaos.checker import Held, Live, Written
from tests.cluster.stacks import WEIGHT

# Of the journal's last entries: more than are written between two events.
_NEWEST = 8
_AGAIN_SECONDS = 0.1


class Observer:
    """Watches the namespace of a model from now on."""

    def __init__(self, kubeconfig: str, namespace: str, model: str) -> None:
        api = config.new_client_from_config(config_file=kubeconfig)
        self._namespace, self._model = namespace, model
        self._lock = threading.Lock()
        self._routes: dict[str, tuple[str, str]] = {}
        self._revisions: dict[str, int] = {}
        self.live: list[Live] = []
        self.held: list[Held] = []
        self.written: list[Written] = []
        core, leases = client.CoreV1Api(api), client.CoordinationV1Api(api)
        for ask, note in (
            (client.NetworkingV1Api(api).list_namespaced_ingress, self._route),
            (leases.list_namespaced_lease, self._lease),
            (core.list_namespaced_config_map, self._journal),
        ):
            threading.Thread(target=self._follow, args=(ask, note), daemon=True).start()

    def since(self, revision: int) -> tuple[list[Live], list[Held], list[Written]]:
        """What was written after a revision, and the last of each kind before it."""
        with self._lock:
            return (
                _after(self.live, revision),
                _after(self.held, revision),
                _after(self.written, revision),
            )

    def revision(self) -> int:
        """The newest that was seen."""
        with self._lock:
            return max(self._revisions.values(), default=0)

    def _follow(self, ask: Any, note: Any) -> None:  # noqa: ANN401 - the client has no types
        while True:
            try:
                # Not from where it broke off: a server that starts anew does not know that place.
                listed = ask(self._namespace, _request_timeout=(2, 5))
                for each in listed.items:
                    self._note(note, each)
                from_here = listed.metadata.resource_version
                for event in watch.Watch().stream(
                    ask, self._namespace, resource_version=from_here, _request_timeout=(2, 600)
                ):
                    if event["type"] in ("ADDED", "MODIFIED"):
                        self._note(note, event["object"])
            except (client.ApiException, urllib3.exceptions.HTTPError, OSError, ValueError):
                time.sleep(_AGAIN_SECONDS)

    def _note(self, note: Any, found: Any) -> None:  # noqa: ANN401
        revision = int(found.metadata.resource_version)
        key = f"{found.metadata.name}/{note.__name__}"
        with self._lock:
            if revision > self._revisions.get(key, 0):
                self._revisions[key] = revision
                note(found, revision, time.time())

    def _route(self, found: Any, revision: int, seen: float) -> None:  # noqa: ANN401
        service = found.spec.rules[0].http.paths[0].backend.service.name
        self._routes[found.metadata.name] = (service, found.metadata.annotations.get(WEIGHT, "0"))
        main, canary = self._routes.get(self._model), self._routes.get(f"{self._model}-canary")
        if main is None or canary is None:
            return
        now = Live(revision, seen, main[0], canary[0], float(canary[1]))
        if not self.live or now.split != self.live[-1].split:
            self.live.append(now)

    def _lease(self, found: Any, revision: int, seen: float) -> None:  # noqa: ANN401
        if found.metadata.name == f"rollout-{self._model}":
            spec = found.spec
            times = (_unix(spec.acquire_time), _unix(spec.renew_time))
            self.held.append(Held(revision, seen, spec.holder_identity or "", *times))

    def _journal(self, found: Any, revision: int, seen: float) -> None:  # noqa: ANN401
        if found.metadata.name == f"rollout-{self._model}":
            data: Mapping[str, str] = found.data or {}
            entries = [json.loads(line) for line in data["entries"].splitlines()[-_NEWEST:]]
            state = json.loads(data["state"] or "{}")
            self.written.append(Written(revision, seen, data["holder"], state, tuple(entries)))


def _after(found: list[Any], revision: int) -> list[Any]:
    before = [each for each in found if each.revision <= revision]
    return [*before[-1:], *found[len(before) :]]


def _unix(at: datetime | None) -> float:
    return 0.0 if at is None else at.timestamp()
