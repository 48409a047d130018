"""What the judge knows of stable before a release begins."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.config import Rollout, StackConfig, load_file
from rollout.judge.state import Judge, from_json
from rollout.sources import Parameters, SourceAway
from rollout.state import Phase, State
from rollout.watcher import Watcher

PLAN = Rollout.model_validate({"steps": [5, 100]})
CONFIG = load_file(Path(__file__).parents[3] / "Pulumi.prod.yaml")
TESTERS = State("v1.1", "v1.2", Phase.TESTERS, datetime(2026, 11, 30, tzinfo=UTC))
HOUR = 3600
SERVED = 150 * (HOUR // 15 - 1)


class Past:
    """A Prometheus that scraped both versions for an hour: 150 requests each time, 1% failed."""

    def __init__(self, away: bool = False) -> None:
        self.away, self.asked = away, list[str]()

    def get(self, path: str, parameters: Parameters) -> Any:  # noqa: ANN401
        (query,) = [value for name, value in parameters if name == "query"]
        self.asked.append(query)
        if self.away:
            raise SourceAway("prometheus: refused")
        found = self._series(HOUR if f"[{HOUR}s]" in query else 60)
        told = found if "paddle_model_requests_total" in query else []
        return {"status": "success", "data": {"result": told}}

    def post(self, path: str, body: object) -> None:
        raise AssertionError("nothing is written to Prometheus")

    def _series(self, seconds: int) -> list[dict[str, Any]]:
        chance = random.Random(1)  # noqa: S311 - a simulation
        errors, points = 0, []
        for place in range(HOUR // 15 + 1):
            points.append((place * 15, place * 150, errors))
            errors += sum(chance.random() < 0.01 for _ in range(150))
        late = [point for point in points if point[0] > HOUR - seconds]
        return [
            {
                "metric": {"__name__": name, "version": version, "pod": f"ocr-{version}"},
                "values": [[point[0], str(point[column])] for point in late],
            }
            for version in ("v1.1", "v1.2")
            for column, name in (
                (1, "paddle_model_requests_total"),
                (2, "paddle_model_errors_total"),
            )
        ]


def _begun(past: Past, saved: str | None = None, config: StackConfig = CONFIG) -> Judge:
    watcher = Watcher(past, config, "ocr")
    watcher.resume(TESTERS, PLAN, saved)
    return from_json(watcher.look().state)


def test_stables_last_hour_says_how_its_errors_come() -> None:
    judge = _begun(Past())
    alone, *_, bursts = judge.history["errors"].plausible
    assert alone == 0 > -4 > bursts
    assert judge.usual["errors"].total == SERVED


def test_what_the_new_version_did_before_is_no_history() -> None:
    assert "canary" not in _begun(Past()).history["errors"].blocks


def test_without_its_past_the_judge_learns_from_now_on() -> None:
    past = Past(away=True)
    watcher = Watcher(past, CONFIG, "ocr")
    watcher.resume(TESTERS, PLAN, None)
    past.away = False
    assert from_json(watcher.look().state).usual == {}


def test_what_another_controller_knew_is_not_asked_for_again() -> None:
    saved, past = Past(), Past()
    watcher = Watcher(saved, CONFIG, "ocr")
    watcher.resume(TESTERS, PLAN, None)
    assert any(f"[{HOUR}s]" in query for query in saved.asked)
    assert _begun(past, watcher.look().state).usual["errors"].total == SERVED
    assert not any(f"[{HOUR}s]" in query for query in past.asked)


@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_any_objective_that_a_stack_file_may_have_can_be_judged(ratio: float) -> None:
    model = CONFIG.models["ocr"]
    slo = model.slo.model_copy(update={"error_ratio": ratio})
    models = {"ocr": model.model_copy(update={"slo": slo})}
    config = CONFIG.model_copy(update={"models": models})
    assert _begun(Past(), config=config).settings.error_limit == pytest.approx(ratio, abs=1e-5)
