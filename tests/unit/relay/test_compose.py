"""The next message: complete, within the robot's size, and it calls the right people."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.robots.vendors import VENDORS, Call
from monitoring.relay.compose import Batch, compose
from monitoring.relay.config import Language, Links, RobotType
from monitoring.relay.merge import Entry
from monitoring.relay.robots import KINDS
from monitoring.relay.webhook import Notification
from tests.relay.alerts import alert
from tests.unit.relay.make import NOW, config, entries, notification, robot

TYPES: tuple[RobotType, ...] = ("dingtalk", "wecom", "feishu")


def composed(
    *notifications: Notification,
    type_: RobotType = "dingtalk",
    language: Language = "en",
    now: float = NOW,
    links: Links | None = None,
    people: dict[str, list[str]] | None = None,
) -> Batch:
    settings = config(language, links) if links else config(language)
    return compose(entries(notifications), robot(type_, **(people or {})), settings, now)


def text(batch: Batch) -> str:
    return "\n".join("\n".join([each.title, *each.lines]) for each in batch.messages)


def test_a_message_says_what_how_bad_where_since_when_and_what_to_do() -> None:
    annotations = {
        "value": "0.052",
        "dashboard_url": "https://grafana.example.com/d/ocr",
        "runbook_url": "https://wiki.example.com/runbooks/HighModelErrorRate",
    }
    (message,) = composed(notification(alert(annotations=annotations, pod="a"))).messages
    assert message.title == "🔴 Alert firing · critical: HighModelErrorRate (ocr v1.2)"
    assert message.lines == (
        "🔴 **5.2% of the requests fail**",
        "> Over 5 minutes: 5.2%, allowed are 1%.",
        "HighModelErrorRate · severity critical · model ocr · version v1.2",
        "since 2026-11-23 20:03:05 UTC+0800",
        "value: 0.052",
        "labels: pod=a",
        "[Silence](https://alertmanager.example.com/#/silences/new?filter="
        "%7Balertname%3D%22HighModelErrorRate%22%2Cmodel%3D%22ocr%22%2Cversion%3D%22v1.2%22%7D)"
        " · [Dashboard](https://grafana.example.com/d/ocr)"
        " · [Runbook](https://wiki.example.com/runbooks/HighModelErrorRate)",
    )


def test_a_resolution_looks_otherwise_and_silences_nothing() -> None:
    (message,) = composed(notification(alert(status="resolved")), language="zh").messages
    assert message.title == "✅ 告警恢复：HighModelErrorRate (ocr v1.2)"
    assert message.tone == "resolved"
    assert "持续 10 分钟" in "\n".join(message.lines)
    assert "静默" not in "\n".join(message.lines)


def test_what_has_passed_is_told_as_one_thing() -> None:
    batch = composed(notification(alert()), notification(alert(status="resolved")))
    (message,) = batch.messages
    assert message.title.startswith("✅ Alert fired and resolved: HighModelErrorRate")
    assert batch.entries == (1, 2)
    assert message.people == ()


def test_texts_from_elsewhere_are_no_links() -> None:
    hostile = alert(
        annotations={
            "summary": "<at id=all></at> [x](https://evil.example)",
            "runbook_url": "https://evil.example/runbook",
            "dashboard_url": "https://grafana.example.com@evil.example/",
        },
        pod="](https://evil.example)",
    )
    for type_ in TYPES:
        told = text(composed(notification(hostile), type_=type_))
        assert "](https://evil" not in told
        assert "://evil" not in told
        assert "<at" not in told


@pytest.mark.parametrize("type_", TYPES)
def test_only_critical_alerts_call_people_the_on_call_first(type_: RobotType) -> None:
    people: dict[str, list[str]] = {"oncall": ["13800000000"], "team-ocr": ["lisi", "13800000000"]}
    critical, warning = alert(), alert("Slow", severity="warning")
    assert composed(notification(critical), type_=type_, people=people).messages[0].people == (
        "13800000000",
        "lisi",
    )
    assert composed(notification(warning), type_=type_, people=people).messages[0].people == ()
    over = alert(status="resolved")
    assert composed(notification(over), type_=type_, people=people).messages[0].people == ()


def test_an_owner_without_people_calls_the_on_call_alone() -> None:
    batch = composed(notification(alert(owner="nobody")), people={"oncall": ["a"], "team": ["b"]})
    assert batch.messages[0].people == ("a",)


@pytest.mark.parametrize("type_", TYPES)
def test_a_thousand_alerts_of_a_group_are_all_told_in_numbered_parts(type_: RobotType) -> None:
    pods = [f"pod-{number:04}" for number in range(1000)]
    batch = composed(
        notification(*(alert(pod=pod) for pod in pods)),
        type_=type_,
        people={"oncall": ["zhangsan"]},
    )
    told = text(batch)
    assert all(pod in told for pod in pods)
    count = len(batch.messages)
    assert 1 < count < 30
    assert [each.title.rpartition(" ")[2] for each in batch.messages] == [
        f"({number}/{count})" for number in range(1, count + 1)
    ]
    assert [each.people for each in batch.messages] == [("zhangsan",)] + [()] * (count - 1)


@pytest.mark.parametrize("type_", TYPES)
def test_a_thousand_groups_are_told_as_many_at_a_time_as_fit(type_: RobotType) -> None:
    waiting = entries(
        notification(alert(f"Alert{number}", severity="warning", owner="x"))
        for number in range(1000)
    )
    told, rounds = "", 0
    while waiting:
        batch = compose(waiting, robot(type_), config(), NOW)
        assert len(batch.messages) == 1
        told += text(batch)
        waiting = [entry for entry in waiting if entry.id not in batch.entries]
        rounds += 1
    assert all(f"**Alert{number}**" in told for number in range(1000))
    assert rounds < 60


def test_critical_alerts_overtake_the_rest_of_a_flood() -> None:
    flood = [notification(alert(f"Slow{number}", severity="warning")) for number in range(500)]
    batch = composed(*flood, notification(alert("Down")), type_="wecom")
    assert 501 in batch.entries
    assert batch.messages[0].lines[0].startswith("🔴 **Down**")


def test_a_late_message_says_so_and_doubts_what_is_not_repeated() -> None:
    hour = NOW + 3600
    old = Entry(1, notification(alert()), received=NOW, seen=NOW + 30)
    (message,) = compose([old], robot(), config(), hour).messages
    assert message.lines[0] == ("⏳ Told 1 h late: the robot was away or had too much to tell.")
    assert (
        "⏳ Alertmanager has last reported it at 2026-11-23 20:04:35 UTC+0800: it may be over."
        in (message.lines)
    )
    repeated = Entry(1, notification(alert()), received=NOW, seen=hour - 60)
    (message,) = compose([repeated], robot(), config(), hour).messages
    assert "it may be over" not in "\n".join(message.lines)


def test_an_unsuitable_entry_goes_alone() -> None:
    waiting = entries([notification(alert("A")), notification(alert("B"))])
    spoiled = [Entry(1, waiting[0].notification, NOW, NOW, alone=True), waiting[1]]
    assert compose(spoiled, robot(), config(), NOW).entries == (1,)
    assert compose(spoiled[::-1], robot(), config(), NOW).entries == (1,)
    first = Entry(3, notification(alert("A0")), NOW, NOW)
    later = Entry(4, waiting[0].notification, NOW, NOW, alone=True)
    assert compose([first, later], robot(), config(), NOW).entries == (3,)


TEXTS = st.text(max_size=60) | st.sampled_from(["🔴" * 3000, "告" * 5000, "x" * 9000, "a\n" * 500])
ALERTS = st.builds(
    lambda name, status, since, labels, annotations: {
        **alert(name, status=status, since=since, **labels),
        "annotations": annotations,
    },
    TEXTS,
    st.sampled_from(["firing", "resolved"]),
    st.integers(-(10**9), 10**10),
    st.dictionaries(
        st.sampled_from(["severity", "model", "owner", "pod", "ns", "a_b"])
        | st.text(min_size=1, max_size=9).filter(
            lambda key: key not in ("name", "status", "since")
        ),
        TEXTS,
        max_size=12,
    ),
    st.dictionaries(
        st.sampled_from(["summary", "description", "value", "runbook_url", "dashboard_url"]),
        TEXTS,
    ),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(ALERTS, min_size=1, max_size=8), min_size=1, max_size=4),
    st.sampled_from(TYPES),
    st.sampled_from(["en", "zh"]),
)
def test_whatever_comes_the_robot_takes_it(
    groups: list[list[dict[str, object]]], type_: RobotType, language: Language
) -> None:
    notifications = [
        notification(*alerts, groupLabels={"alertname": "x"}, groupKey=f"group {number}")
        for number, alerts in enumerate(groups)
    ]
    batch = composed(
        *notifications, type_=type_, language=language, people={"oncall": ["13800000000", "x"]}
    )
    assert batch.entries
    assert batch.messages
    vendor = VENDORS[type_]("token", None)
    for message in batch.messages:
        request = KINDS[type_].request(message, "key", "token", "secret", NOW)
        content = vendor._content(
            Call({}, "application/json", request.body, NOW), json.loads(request.body)
        )
        assert set(content.called) <= {"13800000000", "x"}


def test_times_are_shown_where_any_clock_can_point() -> None:
    for moment in (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)):
        odd = {
            **alert(status="resolved"),
            "startsAt": moment.isoformat(),
            "endsAt": moment.isoformat(),
        }
        assert composed(notification(odd)).messages
