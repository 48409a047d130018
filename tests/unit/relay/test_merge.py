"""What waits is told once, as it is now, and in an order that makes sense."""

from __future__ import annotations

from monitoring.relay.merge import Entry, merge
from tests.relay.alerts import alert
from tests.unit.relay.make import entries, notification

FIRING = alert(pod="a")
RESOLVED = alert(pod="a", status="resolved")


def states(*notifications: object) -> list[tuple[str, str, bool]]:
    """Pod, status and whether it has passed, of the only group."""
    (group,) = merge(entries(notifications))  # type: ignore[arg-type]
    return [(each.alert.labels["pod"], each.alert.status, each.passed) for each in group.incidents]


def test_a_resolution_alone_is_a_resolution() -> None:
    assert states(notification(RESOLVED)) == [("a", "resolved", False)]


def test_what_began_and_ended_while_it_waited_has_passed() -> None:
    assert states(notification(FIRING), notification(RESOLVED)) == [("a", "resolved", True)]


def test_what_burns_again_is_another_incident() -> None:
    again = alert(pod="a", since=3600)
    assert states(notification(FIRING), notification(RESOLVED), notification(again)) == [
        ("a", "firing", False),
        ("a", "resolved", True),
    ]


def test_the_same_beginning_can_fire_again_after_a_gap_in_the_data() -> None:
    assert states(notification(RESOLVED), notification(FIRING)) == [("a", "firing", False)]


def test_later_notifications_of_a_group_add_to_the_earlier_ones() -> None:
    other = alert(pod="b")
    assert states(notification(FIRING), notification(RESOLVED, other)) == [
        ("b", "firing", False),
        ("a", "resolved", True),
    ]


def test_groups_stay_apart_and_critical_ones_come_first() -> None:
    waiting = entries(
        [
            notification(alert("A", severity="warning")),
            notification(alert("B", severity="warning")),
            notification(alert("C")),
            notification(alert("D", status="resolved")),
            notification(alert("A", severity="warning", pod="x")),
        ]
    )
    names = [group.latest.alerts[0].labels["alertname"] for group in merge(waiting)]
    assert names == ["C", "A", "B", "D"]
    assert [group.entries for group in merge(waiting)] == [(3,), (1, 5), (2,), (4,)]


def test_within_a_group_what_burns_comes_first_and_the_critical_before_the_rest() -> None:
    mixed = notification(
        alert(pod="over", status="resolved"),
        alert(pod="slow", severity="warning"),
        alert(pod="down"),
    )
    assert [pod for pod, _, _ in states(mixed)] == ["down", "slow", "over"]


def test_a_group_is_as_old_as_its_first_notification_and_seen_with_its_last() -> None:
    first = Entry(1, notification(FIRING), received=10.0, seen=70.0)
    last = Entry(2, notification(FIRING, alert(pod="b")), received=80.0, seen=200.0)
    (group,) = merge([last, first])
    assert (group.received, group.seen) == (10.0, 200.0)
