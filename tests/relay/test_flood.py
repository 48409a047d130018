"""A thousand alerts at once: each is told once, and no robot is ever too fast."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from local.robots.server import RobotServer
from tests.relay.alerts import alert, webhook
from tests.relay.conftest import MINUTES, TOKENS, told
from tests.relay.process import RelayProcess, eventually

COUNT = 1000


def all_told(relay: RelayProcess) -> None:
    eventually(lambda: relay.metric("paddle_relay_waiting") == 0, 60)


def no_robot_has_complained(robots: RobotServer) -> None:
    assert {each["code"] for each in robots.kept("answers")} == {0}


@MINUTES
def test_a_thousand_alerts_in_one_group(relay: RelayProcess, robots: RobotServer) -> None:
    flood = webhook(*(alert(pod=f"pod-{number:04}-") for number in range(COUNT)))
    for vendor in TOKENS:
        relay.post(vendor, flood)
    all_told(relay)
    no_robot_has_complained(robots)
    for vendor in TOKENS:
        assert relay.post(vendor, flood) == 200
        text = "".join(each["text"] for each in told(robots, vendor))
        assert all(text.count(f"pod-{number:04}-") == 1 for number in range(COUNT))


@MINUTES
def test_a_thousand_groups_from_many_alertmanagers(
    relay: RelayProcess, robots: RobotServer
) -> None:
    floods = [
        (vendor, webhook(alert(f"Alert{number:04}", severity="warning")))
        for number in range(COUNT)
        for vendor in TOKENS
        if number % len(TOKENS) == list(TOKENS).index(vendor)
    ]
    with ThreadPoolExecutor(24) as alertmanagers:
        statuses = set(alertmanagers.map(lambda each: relay.post(*each), floods))
        assert statuses <= {200, 503}
        all_told(relay)
        no_robot_has_complained(robots)
        assert set(alertmanagers.map(lambda each: relay.post(*each), floods[:60])) == {200}
    text = "".join(each["text"] for each in robots.kept("accepted"))
    # In full an alert's name stands in the title as well.
    assert all(1 <= text.count(f"Alert{number:04}") <= 2 for number in range(COUNT))
    # Merged, as far as the limits leave no time for each alone.
    assert len(robots.kept("accepted")) < COUNT // 2
