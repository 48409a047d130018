"""The command for dead letters, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from monitoring.relay.__main__ import main
from monitoring.relay.database import Database
from monitoring.relay.dead_letters import bury_orphans
from monitoring.relay.inbox import Inbox
from tests.relay.alerts import alert
from tests.unit.relay.make import NOW, notification


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration of one robot, with a dead letter of it and one of a robot that is gone."""
    (tmp_path / "secret").write_text("secret")
    secret = str(tmp_path / "secret")
    file = tmp_path / "relay.yaml"
    robots = {"oncall": {"type": "wecom", "tokenFile": secret}}
    document = {"data": str(tmp_path), "bearerTokenFile": secret, "robots": robots}
    file.write_text(yaml.safe_dump(document))
    database = Database(tmp_path)
    for robot in ("oncall", "gone"):
        Inbox(database, 60.0).put(robot, notification(alert()), NOW)
    with database.transaction() as connection:
        assert bury_orphans(connection, [], NOW) == 2
    database.close()
    return file


def run(config: Path, *retry: str) -> None:
    main(["dead-letters", "--config", str(config), *(["--retry", *retry] if retry else [])])


def test_dead_letters_are_listed_with_robot_time_and_reason(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(config)
    first, second = capsys.readouterr().out.splitlines()
    assert first == (
        "1  2026-11-23 12:04:05 UTC  oncall  HighModelErrorRate  1 firing, 0 resolved"
        "  (the robot is not configured)"
    )
    assert second.startswith("2  2026-11-23 12:04:05 UTC  gone  ")


def test_only_those_of_configured_robots_are_tried_again(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(config, "all")
    assert capsys.readouterr().out.startswith("1 wait again")
    run(config)
    (left,) = capsys.readouterr().out.splitlines()
    assert "gone" in left
    with pytest.raises(SystemExit, match="found no dead letter 2, 7 of a configured robot"):
        run(config, "2", "7")


def test_no_dead_letters_is_an_answer_too(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config.parent / "relay.db").unlink()
    run(config)
    assert capsys.readouterr().out == "there are no dead letters\n"
