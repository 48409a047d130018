"""Whatever mutes there are, the first scope that fits an alert has just the mutes that name it."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from infra.config import Mute
from monitoring.alertmanager.mutes import Scope, muted_scopes

MODELS = ("ocr", "layout", "table", "seal")
ALERTS = ("HighModelErrorRate", "HighModelLatency", "LowModelQPS")


def mutes_of(scopes: list[tuple[tuple[str, ...], tuple[str, ...]]]) -> dict[str, Mute]:
    return {
        f"mute-{place}": Mute(reason="Because of a test.", models=models, alerts=alerts)
        for place, (models, alerts) in enumerate(scopes)
    }


def some(names: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(names), unique=True, max_size=len(names)).map(tuple)


def fits(scope: Scope, labels: dict[str, str]) -> bool:
    """What Alertmanager makes of the matchers: all must match the whole value."""
    parts = [matcher.partition("=~") for matcher in scope.matchers]
    return all(
        re.fullmatch(pattern.strip('"'), labels.get(label, "")) for label, _, pattern in parts
    )


@given(st.lists(st.tuples(some(MODELS), some(ALERTS)), max_size=5), some(MODELS))
def test_the_first_scope_that_fits_has_the_mutes_of_the_alert(
    scopes: list[tuple[tuple[str, ...], tuple[str, ...]]], here: tuple[str, ...]
) -> None:
    mutes = mutes_of(scopes)
    routes = muted_scopes(mutes, here)
    for model in (*here, ""):
        for alert in (*ALERTS, "GpuTooHot"):
            labels = {"alertname": alert} | ({"model": model} if model else {})
            first = next(held for scope, held in routes if fits(scope, labels))
            assert set(first) == {
                name
                for name, mute in mutes.items()
                if (not mute.models or model in mute.models)
                and (not mute.alerts or alert in mute.alerts)
            }


def test_there_is_one_route_without_mutes() -> None:
    assert muted_scopes({}, MODELS) == [(Scope(), [])]


def test_mutes_of_other_teams_models_make_no_routes() -> None:
    assert muted_scopes(mutes_of([(("layout",), ())]), ["ocr"]) == [(Scope(), [])]


def test_many_mutes_of_single_models_make_a_route_each() -> None:
    mutes = mutes_of([((f"model-{place}",), ()) for place in range(200)])
    assert len(muted_scopes(mutes, [f"model-{place}" for place in range(200)])) == 201
