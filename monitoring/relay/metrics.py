"""What the relay counts, at zero for each robot from the start: the first error is an increase."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from monitoring.relay.robots.kind import Outcome

# Seconds from the webhook to the robot's yes.
_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)

disable_created_metrics()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Load:
    """What lies in the queue for one robot; ages in seconds."""

    robot: str
    waiting: int
    oldest_s: float
    dead: int


class Metrics:
    """Args:
    load: gives what lies in the queue now.
    """

    def __init__(self, robots: Iterable[str], load: Callable[[], list[Load]]) -> None:
        self._registry = CollectorRegistry()
        self.webhooks = self._counter(
            "paddle_relay_webhooks_total", "Webhooks answered, by HTTP status.", "robot", "status"
        )
        self.duplicates = self._counter(
            "paddle_relay_duplicates_total",
            "Webhooks that said nothing new: retries, and those of a second Alertmanager.",
            "robot",
        )
        self.requests = self._counter(
            "paddle_relay_requests_total", "Requests to a robot, by outcome.", "robot", "outcome"
        )
        self.dead_letters = self._counter(
            "paddle_relay_dead_letters_total",
            "Notifications that were given up: nobody in this chat has read them.",
            "robot",
        )
        self.errors = self._counter(
            "paddle_relay_storage_errors_total",
            "Times that the queue could not be read or written, such as for a full disk.",
        )
        self.delivery = Histogram(
            "paddle_relay_delivery_seconds",
            "Seconds from the webhook to the robot's acceptance.",
            ["robot"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        for robot in robots:
            self.duplicates.labels(robot)
            self.dead_letters.labels(robot)
            self.delivery.labels(robot)
            for status in ("200", "503"):
                self.webhooks.labels(robot, status)
            for outcome in Outcome:
                self.requests.labels(robot, outcome.value)
        self._registry.register(_Queue(load))

    def text(self, accept: str | None) -> tuple[bytes, str]:
        """All of them in the format that the client prefers, and its content type."""
        encoder, content_type = choose_encoder(accept or "")
        return encoder(self._registry), content_type

    def _counter(self, name: str, help_: str, *labels: str) -> Counter:
        return Counter(name, help_, labels, registry=self._registry)


class _Queue(Collector):
    """Read from the disk at each scrape, so they are right from the first one after a restart."""

    def __init__(self, load: Callable[[], list[Load]]) -> None:
        self._load = load

    def collect(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily(
            "paddle_relay_waiting", "Notifications that wait to be told.", labels=["robot"]
        )
        oldest = GaugeMetricFamily(
            "paddle_relay_oldest_waiting_seconds", "Age of the oldest of them.", labels=["robot"]
        )
        dead = GaugeMetricFamily(
            "paddle_relay_dead_letters", "Dead letters that lie here now.", labels=["robot"]
        )
        for load in self._load():
            waiting.add_metric([load.robot], load.waiting)
            oldest.add_metric([load.robot], load.oldest_s)
            dead.add_metric([load.robot], load.dead)
        yield from (waiting, oldest, dead)
