"""The series, read from the cluster at each scrape: what is told is true now, or not told."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from monitoring.exporter.api import Unreachable
from monitoring.exporter.state import State, Version

_VERSION = ("namespace", "model", "version", "track")

States = Mapping[str, State]
"""By namespace."""

_log = logging.getLogger("exporter")


class Routes(Collector):
    """Weights, ready endpoints and slots of the models of some namespaces.

    While the API server is away there are none of them: a rule must rather find nothing than a
    weight of an hour ago. How long that lasts is told by the time of the last success.
    """

    def __init__(
        self,
        namespaces: Sequence[str],
        read: Callable[[str], State],
        now: Callable[[], float] = time.time,
    ) -> None:
        """`read` raises `Unreachable` where a namespace cannot be read; `now` is Unix time."""
        self._namespaces = namespaces
        self._read = read
        self._now = now
        self._last_success = 0.0
        # Whoever asks at the same time waits: the API server is asked one question at a time.
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        """All families; those about routes are empty while the cluster cannot be read."""
        with self._lock:
            found: States = {}
            try:
                found = {each: self._read(each) for each in self._namespaces}
            except Unreachable as error:
                _log.warning("the routes cannot be read: %s", error)
            else:
                self._last_success = self._now()
        yield GaugeMetricFamily(
            "paddle_canary_exporter_last_success_timestamp_seconds",
            "Unix time at which the routes were last read; 0 if never.",
            value=self._last_success,
        )
        yield self._of_versions(
            found,
            "paddle_canary_weight",
            "Percent of the model's requests that the live route gives the version.",
            lambda each: each.weight,
        )
        yield self._of_versions(
            found,
            "paddle_canary_ready_endpoints",
            "Pods of the version that take requests.",
            lambda each: each.ready,
        )
        yield self._slots(found)
        yield self._unreadable(found)

    def _of_versions(
        self, found: States, name: str, text: str, value: Callable[[Version], float | None]
    ) -> Metric:
        family = GaugeMetricFamily(name, text, labels=_VERSION)
        for namespace, state in found.items():
            for each in state.versions:
                known = value(each)
                if known is not None:
                    family.add_metric([namespace, each.model, each.version, each.track], known)
        return family

    def _slots(self, found: States) -> Metric:
        family = GaugeMetricFamily(
            "paddle_canary_route_info",
            "1: the slot of the gateway's metrics leads to the version now.",
            labels=("namespace", "model", "version", "slot"),
        )
        for namespace, state in found.items():
            for slot, (model, version) in state.slots.items():
                family.add_metric([namespace, model, version, slot], 1)
        return family

    def _unreadable(self, found: States) -> Metric:
        family = GaugeMetricFamily(
            "paddle_canary_route_unreadable",
            "1: somebody changed the model's routes into a shape that is not ours.",
            labels=("namespace", "model"),
        )
        for namespace, state in found.items():
            for model in sorted(state.unreadable):
                family.add_metric([namespace, model], 1)
        return family
