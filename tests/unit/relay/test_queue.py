"""What is kept, what is told and what is given up, on a real database."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest

from monitoring.relay import database, dead_letters
from monitoring.relay.compose import Batch
from monitoring.relay.compose import compose as compose_batch
from monitoring.relay.database import Database, Full, Unusable
from monitoring.relay.inbox import Inbox, Receipt
from monitoring.relay.merge import Entry
from monitoring.relay.messages import Message
from monitoring.relay.outbox import Outbox
from monitoring.relay.refusals import Sending
from monitoring.relay.robots.kind import Outcome, Pace
from monitoring.relay.robots.verdict import Verdict
from monitoring.relay.webhook import Notification
from tests.relay.alerts import alert
from tests.unit.relay.make import NOW, config, notification, robot

REPEAT_S = 3600.0

FIRING, RESOLVED = notification(alert()), notification(alert(status="resolved"))

ACCEPTED = Verdict(Outcome.ACCEPTED, "code 0")
AWAY = Verdict(Outcome.RETRY, "no answer", certain=True)
SILENT = Verdict(Outcome.RETRY, "no answer", certain=False)
REFUSED = Verdict(Outcome.REFUSED, "code 310000")
UNSUITABLE = Verdict(Outcome.UNSUITABLE, "code 430102")


@dataclass
class Queue:
    """Inbox and outbox of one robot; `now` is what their clock shows."""

    directory: Path
    now: float = NOW
    opened: list[Database] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        self.database = Database(self.directory)
        self.opened.append(self.database)
        self.inbox = Inbox(self.database, REPEAT_S)
        self.outbox = Outbox(self.database, "oncall", Pace(1000, 1000, 60), self.compose)

    def compose(self, entries: Sequence[Entry]) -> Batch:
        return compose_batch(entries, robot(), config(), self.now)

    def restart(self) -> None:
        """As after SIGKILL: what was not committed is gone."""
        self.database.close()
        self.open()

    def put(self, it: Notification) -> Receipt:
        return self.inbox.put("oncall", it, self.now)

    def begin(self) -> Sending:
        sending = self.outbox.begin(self.now)
        assert isinstance(sending, Sending), sending
        return sending

    def tell(self, *verdicts: Verdict) -> list[Message]:
        """Sends a message for each verdict; gives them."""
        told = []
        for verdict in verdicts:
            sending = self.begin()
            told.append(sending.message)
            self.outbox.end(sending, verdict, self.now)
            self.now += 120  # longer than any pause
        return told

    @property
    def idle(self) -> bool:
        return self.outbox.begin(self.now) is None

    def dead(self) -> list[dead_letters.DeadLetter]:
        return dead_letters.listed(database.connect(self.directory))


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    made = Queue(tmp_path)
    yield made
    made.database.close()


def test_what_is_accepted_is_not_told_again(queue: Queue) -> None:
    receipt = queue.put(FIRING)
    assert receipt == Receipt(1, "waiting", new=True)
    queue.tell(ACCEPTED)
    assert queue.outbox.state(1) == "delivered"
    assert queue.idle
    assert queue.put(FIRING) == Receipt(1, "delivered", new=False)
    assert queue.idle


def test_a_repetition_of_what_waits_waits_with_it(queue: Queue) -> None:
    queue.put(FIRING)
    queue.tell(AWAY)
    assert queue.put(FIRING) == Receipt(1, "waiting", new=False)
    assert len(queue.tell(ACCEPTED)) == 1
    assert queue.idle


def test_after_the_repeat_interval_it_is_a_reminder(queue: Queue) -> None:
    queue.put(FIRING)
    queue.tell(ACCEPTED)
    queue.now += REPEAT_S - 240
    assert not queue.put(FIRING).new
    queue.now += 240
    assert queue.put(FIRING).new
    queue.tell(ACCEPTED)


class Case(NamedTuple):
    """What was told before, what comes now, and whether it is new."""

    before: list[Notification]
    now: Notification
    new: bool


A, B = alert(pod="a"), alert(pod="b")
A_OVER, AGAIN = alert(pod="a", status="resolved"), alert(pod="a", since=3600)


@pytest.mark.parametrize(
    "case",
    [
        Case([notification(A)], notification(A_OVER), new=True),
        Case([notification(A)], notification(A, B), new=True),
        Case([notification(A, B)], notification(A), new=False),
        Case([notification(A), notification(A, B)], notification(B), new=False),
        Case([notification(A), notification(A_OVER)], notification(A_OVER), new=False),
        Case([notification(A), notification(A_OVER)], notification(AGAIN), new=True),
        Case([notification(A)], notification(A, group="another"), new=True),
    ],
)
def test_new_is_what_has_an_alert_in_a_state_that_was_not_told(queue: Queue, case: Case) -> None:
    for it in case.before:
        queue.put(it)
        queue.tell(ACCEPTED)
    assert queue.put(case.now).new is case.new


def test_what_fires_although_it_was_just_over_is_held(queue: Queue) -> None:
    over = queue.put(notification(A_OVER))
    late = queue.put(notification(A))
    assert late == Receipt(over.id, "waiting", new=False, held=True)
    queue.tell(ACCEPTED)
    assert queue.idle
    # Another alert does not wait for that one.
    both = queue.put(notification(A, B))
    assert (both.new, both.held) == (True, True)
    (message,) = queue.tell(ACCEPTED)
    assert "pod=b" in "".join(message.lines)
    assert "pod=a" not in "".join(message.lines)
    # Whoever still says so when no repetition can last any longer is believed.
    queue.now += 330
    assert queue.put(notification(A, B)) == Receipt(3, "waiting", new=True)


def test_robots_and_groups_do_not_know_of_each_other(queue: Queue) -> None:
    queue.put(FIRING)
    queue.tell(ACCEPTED)
    assert queue.inbox.put("another", FIRING, queue.now).new
    assert queue.put(notification(alert("Else"))).new
    queue.now += 60
    assert queue.put(FIRING) == Receipt(1, "delivered", new=False)
    with queue.database.transaction() as connection:
        rows = connection.execute("SELECT DISTINCT seen FROM notification WHERE id != 1")
        assert rows.fetchall() == [(queue.now - 60,)]


def test_a_repetition_is_not_delivered_while_its_group_waits(queue: Queue) -> None:
    queue.put(notification(A))
    queue.tell(ACCEPTED)
    waiting = queue.put(notification(A, B))
    assert queue.put(notification(A)) == Receipt(waiting.id, "waiting", new=False)


def test_what_comes_while_the_robot_is_away_is_told_with_what_waits(queue: Queue) -> None:
    queue.put(FIRING)
    queue.tell(AWAY)
    queue.put(RESOLVED)
    (message,) = queue.tell(ACCEPTED)
    assert message.title.startswith("✅ Alert fired and resolved")
    assert queue.idle
    assert [queue.outbox.state(each) for each in (1, 2)] == ["delivered", "delivered"]


def test_what_may_have_arrived_is_sent_again_as_it_was(queue: Queue) -> None:
    queue.put(FIRING)
    first = queue.begin()
    queue.outbox.end(first, SILENT, queue.now)
    queue.now += 120
    queue.put(RESOLVED)
    again = queue.begin()
    assert (again.key, again.message) == (first.key, first.message)
    # Refused now, but what of the first time? It stays as it is.
    queue.outbox.end(again, AWAY, queue.now)
    queue.now += 120
    assert queue.begin().message == first.message


def test_a_relay_that_is_killed_goes_on_with_the_very_message(queue: Queue) -> None:
    queue.put(FIRING)
    sent = queue.begin()
    queue.restart()
    queue.put(RESOLVED)
    again = queue.begin()
    assert (again.key, again.message, again.doubtful) == (sent.key, sent.message, queue.now)
    queue.outbox.end(again, ACCEPTED, queue.now)
    (message,) = queue.tell(ACCEPTED)
    assert message.title.startswith("✅ Alert resolved")


def test_a_relay_that_is_killed_between_parts_repeats_none(queue: Queue) -> None:
    queue.put(notification(*(alert(pod=f"pod-{number:04}") for number in range(1000))))
    told = []
    while not queue.idle:
        queue.restart()
        told += queue.tell(ACCEPTED)
    assert len(told) > 1
    assert len({message.title for message in told}) == len(told)
    lines = [line for message in told for line in message.lines]
    assert sum("pod=pod-" in line for line in lines) == 1000


def test_limits_and_pauses_outlive_a_restart(tmp_path: Path) -> None:
    queue = Queue(tmp_path)
    limits = Pace(burst=2, per_minute=6, pause_s=60)
    sends = 0
    for number in range(5):
        queue.put(notification(alert(f"A{number}")))
        outbox = Outbox(queue.database, "oncall", limits, queue.compose)
        sending = outbox.begin(queue.now)
        if isinstance(sending, Sending):
            sends += 1
            outbox.end(sending, ACCEPTED, queue.now)
        queue.restart()
    assert sends == 2
    outbox = Outbox(queue.database, "oncall", limits, queue.compose)
    sending = outbox.begin(queue.now + 10)
    assert isinstance(sending, Sending)
    outbox.end(sending, Verdict(Outcome.SLOW_DOWN, "45009"), queue.now + 10)
    queue.restart()
    outbox = Outbox(queue.database, "oncall", limits, queue.compose)
    assert outbox.begin(queue.now + 11) == 59
    assert outbox.begin(queue.now + 69.5) == 0.5
    queue.database.close()


def test_a_robot_that_is_away_is_tried_without_end(queue: Queue) -> None:
    queue.put(FIRING)
    queue.tell(*[AWAY, SILENT] * 50)
    assert queue.outbox.state(1) == "waiting"
    queue.tell(ACCEPTED)


def test_what_is_refused_for_minutes_is_a_dead_letter(queue: Queue) -> None:
    queue.put(FIRING)
    queue.tell(*[REFUSED] * 9)
    assert queue.outbox.state(1) == "waiting"
    queue.put(notification(alert("Later")))
    queue.tell(REFUSED)
    assert queue.outbox.state(1) == "dead"
    (letter,) = queue.dead()
    assert str(letter).endswith("oncall  HighModelErrorRate  1 firing, 0 resolved  (code 310000)")
    # The other has been refused once.
    assert queue.outbox.state(2) == "waiting"
    queue.tell(ACCEPTED)


def test_a_dead_letter_that_alertmanager_repeats_is_tried_again_after_a_minute(
    queue: Queue,
) -> None:
    queue.put(FIRING)
    queue.tell(*[REFUSED] * 10)
    queue.now -= 119
    assert queue.put(FIRING) == Receipt(1, "dead", new=False)
    queue.now += 119
    assert queue.put(FIRING) == Receipt(1, "waiting", new=False)
    queue.tell(ACCEPTED)
    assert queue.dead() == []


def test_dead_letters_can_be_tried_again_by_hand(queue: Queue) -> None:
    queue.put(FIRING)
    queue.tell(*[REFUSED] * 10)
    connection = database.connect(queue.directory)
    assert dead_letters.retry(connection, [1, 2]) == [1]
    assert len(queue.tell(ACCEPTED)) == 1


def test_one_unsuitable_alert_does_not_spoil_the_others(queue: Queue) -> None:
    for name in "ABC":
        queue.put(notification(alert(name)))
    (together,) = queue.tell(UNSUITABLE)
    assert "3 alerts" in together.title
    told = queue.tell(ACCEPTED, UNSUITABLE, ACCEPTED)
    assert [message.title[-12:] for message in told] == [
        f": {name} (ocr v1.2)"[-12:] for name in "ABC"
    ]
    assert queue.idle
    assert [queue.outbox.state(each) for each in (1, 2, 3)] == ["delivered", "dead", "delivered"]


def test_of_two_an_unsuitable_one_does_not_spoil_the_other(queue: Queue) -> None:
    queue.put(notification(alert("A")))
    queue.put(notification(alert("B")))
    queue.tell(UNSUITABLE, ACCEPTED, UNSUITABLE)
    assert [queue.outbox.state(each) for each in (1, 2)] == ["delivered", "dead"]


def test_a_part_that_has_certainly_not_arrived_is_sent_as_if_for_the_first_time(
    queue: Queue,
) -> None:
    queue.put(notification(*(alert(pod=f"pod-{number:04}") for number in range(1000))))
    queue.tell(ACCEPTED, AWAY)
    assert queue.begin().doubtful is None


def test_a_batch_of_parts_dies_whole(queue: Queue) -> None:
    queue.put(notification(*(alert(pod=f"pod-{number:04}") for number in range(1000))))
    queue.tell(ACCEPTED, *[REFUSED] * 10)
    assert queue.outbox.state(1) == "dead"
    assert queue.idle


def test_what_cannot_be_rendered_is_a_dead_letter(queue: Queue) -> None:
    outbox = Outbox(
        queue.database, "oncall", Pace(9, 9, 9), lambda entries: Batch((entries[0].id,), ())
    )
    queue.put(FIRING)
    assert outbox.begin(queue.now) == 0.0
    assert outbox.begin(queue.now) is None
    assert queue.dead()[0].reason == "it cannot be rendered, see the log"


def test_what_waits_for_a_robot_that_is_gone_is_a_dead_letter(queue: Queue) -> None:
    queue.put(FIRING)
    queue.inbox.put("gone", FIRING, queue.now)
    connection = database.connect(queue.directory)
    assert dead_letters.bury_orphans(connection, ["oncall"], queue.now) == 1
    assert [letter.robot for letter in queue.dead()] == ["gone"]


def test_what_is_not_needed_any_more_is_forgotten(queue: Queue) -> None:
    for number in range(50):
        queue.put(notification(alert(f"A{number}")))
    while not queue.idle:
        queue.tell(ACCEPTED)
    queue.now += REPEAT_S + 600
    queue.put(FIRING)
    with queue.database.transaction() as connection:
        assert connection.execute("SELECT COUNT(*) FROM notification").fetchone() == (1,)
        assert connection.execute("SELECT COUNT(*) FROM alert").fetchone() == (1,)
    assert queue.outbox.state(1) == "delivered"


def test_a_disk_that_is_nearly_full_takes_nothing_new(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.put(FIRING)
    usage = shutil.disk_usage(queue.directory)._replace(free=1 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(Full):
        queue.put(RESOLVED)
    queue.tell(ACCEPTED)
    assert queue.idle


def test_a_transaction_that_fails_leaves_nothing(queue: Queue) -> None:
    with queue.database.transaction() as connection:
        connection.execute("PRAGMA max_page_count = 1")
        (pages,) = connection.execute("PRAGMA max_page_count").fetchone()
    many = notification(*(alert(pod=str(number) * 500) for number in range(pages)))
    with pytest.raises(sqlite3.OperationalError, match="full"):
        queue.put(many)
    assert queue.idle


def test_two_relays_cannot_have_one_queue(queue: Queue) -> None:
    with pytest.raises(Unusable, match="belongs to another relay"):
        Database(queue.directory)


def test_a_damaged_or_newer_queue_is_named(tmp_path: Path) -> None:
    (tmp_path / "relay.db").write_bytes(b"no database at all, but long enough" * 100)
    with pytest.raises(Unusable, match=r"relay\.db: .*move it away"):
        Database(tmp_path)
    (tmp_path / "relay.db").unlink()
    Database(tmp_path).close()
    sqlite3.connect(tmp_path / "relay.db").execute("PRAGMA user_version = 99")
    with pytest.raises(Unusable, match="is of version 99"):
        Database(tmp_path)
    with pytest.raises(Unusable, match="No such file"):
        Database(tmp_path / "missing")
