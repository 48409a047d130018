"""One thread for each robot, which tells what waits for it, one message after the other."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Sequence

from monitoring.relay import credentials
from monitoring.relay.client import Client, Unreachable
from monitoring.relay.clock import Clock
from monitoring.relay.compose import Batch, compose, sent_again
from monitoring.relay.config import Config, RobotConfig
from monitoring.relay.database import Database, State
from monitoring.relay.merge import Entry
from monitoring.relay.metrics import Metrics
from monitoring.relay.outbox import Outbox
from monitoring.relay.refusals import Sending
from monitoring.relay.robots import KINDS
from monitoring.relay.robots.kind import Outcome
from monitoring.relay.robots.verdict import Verdict, judge

# Seconds between two looks at an empty queue, for dead letters that somebody has revived, and
# after something that should never happen.
_LOOK_S = 5.0

_log = logging.getLogger("relay.courier")


class Courier(threading.Thread):
    """Tells what waits for one robot until it is stopped."""

    def __init__(
        self,
        robot: RobotConfig,
        config: Config,
        database: Database,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        super().__init__(name=f"courier {robot.name}", daemon=True)
        self.robot = robot
        self._config = config
        self._metrics = metrics
        self._clock = clock
        self._kind = KINDS[robot.type]
        self._client = Client(robot.url)
        self._outbox = Outbox(database, robot.name, self._kind.pace, self._compose)
        self._told = threading.Condition()
        self._wake = threading.Event()
        self._stopping = False
        self.failures = 0
        """Requests that were not accepted so far."""
        self._rests_until = 0.0
        # What came of a message but could not be written down yet.
        self._unwritten: tuple[Sending, Verdict] | None = None

    def wake(self) -> None:
        """Something new waits."""
        self._wake.set()

    def stop(self) -> None:
        """Ends after the message that is being sent."""
        self._stopping = True
        self._wake.set()
        self.join()

    def outcome(self, entry: int, failures: int, patience_s: float) -> State:
        """What has become of an entry after at most so many seconds; at once if there were more
        failures since, or if the robot is left alone for longer.
        """
        end = time.monotonic() + patience_s
        with self._told:
            while True:
                state = self._outbox.state(entry)
                left = end - time.monotonic()
                hopeless = self.failures > failures or self._rests_until > end
                if state != "waiting" or left <= 0 or hopeless:
                    return state
                self._told.wait(left)

    def run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            try:
                pause = self._step()
            except sqlite3.Error as error:
                self._metrics.errors.inc()
                _log.error("the queue cannot be used: %s", error, extra=self._fields())
                pause = _LOOK_S
            except Exception:
                # A courier that ends tells nobody anything any more.
                _log.exception("this is a bug", extra=self._fields())
                pause = _LOOK_S
            if pause > 0 and not self._stopping:
                self._wait(min(pause, _LOOK_S))

    def _step(self) -> float:
        """Sends at most one message; gives the seconds until there is more to do."""
        if self._unwritten:
            self._write(*self._unwritten)
        sending = self._outbox.begin(self._clock.now())
        if sending is None:
            return _LOOK_S
        if not isinstance(sending, Sending):
            with self._told:
                self._rests_until = time.monotonic() + self._clock.patience(sending)
                self._told.notify_all()
            return sending
        self._unwritten = (sending, self._send(sending))
        self._write(*self._unwritten)
        return 0.0

    def _send(self, sending: Sending) -> Verdict:
        robot = self.robot
        try:
            token = credentials.read(robot.token_file)
            secret = credentials.read(robot.secret_file) if robot.secret_file else None
        except credentials.Unreadable as error:
            return Verdict(Outcome.REFUSED, str(error))
        message = sending.message
        if sending.doubtful is not None:
            message = sent_again(message, sending.doubtful, self._config, self._kind.markup)
        request = self._kind.request(message, sending.key, token, secret, self._clock.now())
        try:
            answer = self._client.post(request)
        except Unreachable as error:
            return Verdict(Outcome.RETRY, str(error), error.certain)
        verdict = judge(self._kind, answer.status, answer.body)
        for hidden in filter(None, (token, secret)):
            # Whatever an answer echoes, it does not reach a log.
            if hidden in verdict.reason:
                return Verdict(verdict.outcome, "the answer holds the secret", verdict.certain)
        return verdict

    def _write(self, sending: Sending, verdict: Verdict) -> None:
        now = self._clock.now()
        finished = self._outbox.end(sending, verdict, now)
        self._unwritten = None
        self._metrics.requests.labels(self.robot.name, verdict.outcome.value).inc()
        fields = self._fields(outcome=verdict.outcome.value, answer=verdict.reason)
        if verdict.outcome is Outcome.ACCEPTED:
            _log.info("told", extra=self._fields(notifications=len(finished.received)))
            for received in finished.received:
                self._metrics.delivery.labels(self.robot.name).observe(max(0.0, now - received))
        elif finished.died:
            self._metrics.dead_letters.labels(self.robot.name).inc(len(finished.received))
            _log.error("%d notifications are dead letters", len(finished.received), extra=fields)
        else:
            _log.warning("not accepted", extra=fields)
        with self._told:
            self.failures += verdict.outcome is not Outcome.ACCEPTED
            self._told.notify_all()

    def _compose(self, entries: Sequence[Entry]) -> Batch:
        try:
            return compose(entries, self.robot, self._config, self._clock.now())
        except Exception:
            # One alert that cannot be shown must not silence all others.
            _log.exception("an alert cannot be rendered", extra=self._fields())
            if len(entries) == 1:
                self._metrics.dead_letters.labels(self.robot.name).inc()
                return Batch((entries[0].id,), ())
            return self._compose(entries[:1])

    def _wait(self, seconds: float) -> None:
        self._wake.wait(self._clock.patience(seconds))

    def _fields(self, **more: object) -> dict[str, object]:
        return {"fields": {"robot": self.robot.name, **more}}
