"""All parts of the relay, put together."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping

from monitoring.relay.clock import Clock
from monitoring.relay.config import Config
from monitoring.relay.courier import Courier
from monitoring.relay.database import Database
from monitoring.relay.dead_letters import bury_orphans
from monitoring.relay.inbox import Inbox
from monitoring.relay.metrics import Load, Metrics

_log = logging.getLogger("relay")


class Relay:
    """The queue and a courier for each robot.

    Raises:
        Unusable: the queue cannot be opened.
    """

    def __init__(self, config: Config, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self._database = Database(config.data)
        self.inbox = Inbox(self._database, config.repeat_s)
        self.metrics = Metrics(config.robots, self._load)
        self.couriers: Mapping[str, Courier] = {
            name: Courier(robot, config, self._database, self.metrics, clock)
            for name, robot in config.robots.items()
        }

    def start(self) -> None:
        """Goes on where an earlier relay has stopped."""
        with self._database.transaction() as connection:
            orphans = bury_orphans(connection, self.couriers, self.clock.now())
        if orphans:
            _log.error("%d notifications are for robots that are not configured", orphans)
        for courier in self.couriers.values():
            if courier.robot.url.startswith("http:"):
                _log.warning("the token of %s travels without TLS", courier.robot.name)
            courier.start()

    def stop(self) -> None:
        """Returns when no request to a robot is under way."""
        for courier in self.couriers.values():
            courier.stop()
        self._database.close()

    @property
    def alive(self) -> bool:
        """Whether every robot has its courier."""
        return all(courier.is_alive() for courier in self.couriers.values())

    def _load(self) -> list[Load]:
        try:
            with self._database.transaction() as connection:
                rows = connection.execute(
                    "SELECT robot, COUNT(*) FILTER (WHERE state = 'waiting'),"
                    " MIN(received) FILTER (WHERE state = 'waiting'),"
                    " COUNT(*) FILTER (WHERE state = 'dead') FROM notification GROUP BY robot"
                ).fetchall()
        except sqlite3.Error:
            # The other metrics are needed all the more.
            self.metrics.errors.inc()
            return []
        now = self.clock.now()
        loads = {name: Load(name, 0, 0.0, 0) for name in self.couriers}
        for robot, waiting, oldest, dead in rows:
            age = max(0.0, now - oldest) if oldest is not None else 0.0
            loads[robot] = Load(robot, waiting, age, dead)
        return list(loads.values())
