"""Weights, durations and the plain reading of right values."""

from __future__ import annotations

from datetime import timedelta

import pytest

from infra.config import Secret, object_name, parse, show_duration, tenths
from tests.unit.config.edits import base, edited


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("2h", timedelta(hours=2)),
        ("1h30m", timedelta(minutes=90)),
    ],
)
def test_durations_are_read_with_their_units(text: str, duration: timedelta) -> None:
    config = parse(edited({"models/ocr/rollout": {"window": text}}))
    assert config.models["ocr"].rollout.window == duration


@pytest.mark.parametrize("text", ["500ms", "1m30s", "30m", "2h", "1h1s1ms"])
def test_durations_are_shown_as_they_are_written(text: str) -> None:
    config = parse(edited({"models/ocr/slo": {"p99": text}}))
    assert show_duration(config.models["ocr"].slo.p99) == text


def test_every_tenth_of_a_percent_is_a_weight() -> None:
    for weight in range(1001):
        config = parse(edited({"models/ocr/canary": {"v1.2": weight / 10}}))
        assert tenths(config.models["ocr"].canary["v1.2"]) == weight


@pytest.mark.parametrize("weight", [5, 5.0, "5", "5.0"])
def test_a_whole_weight_is_an_integer_however_the_cli_wrote_it(weight: object) -> None:
    read = parse(edited({"models/ocr/canary": {"v1.2": weight}})).models["ocr"].canary["v1.2"]
    assert (read, type(read)) == (5, int)


def test_tenths_are_read_as_the_cli_writes_them_without_a_type() -> None:
    config = parse(edited({"models/ocr/canary": {"v1.2": "2.5"}}))
    assert config.models["ocr"].canary["v1.2"] == 2.5


def test_what_a_stack_leaves_out_has_defaults() -> None:
    config = parse(base())
    ocr = config.models["ocr"]
    assert (config.namespace, config.data_plane, config.ingress_class) == (
        "paddle-models",
        "ingress",
        "nginx",
    )
    assert (ocr.path, ocr.match, ocr.isolation) == ("/", None, "required")
    assert (ocr.rollout.steps, ocr.rollout.min_requests) == ((5, 20, 50, 100), 500)
    assert (ocr.rollout.window, ocr.rollout.on_no_data) == (timedelta(minutes=30), "hold")
    assert (ocr.slo.error_ratio, ocr.slo.p99, ocr.slo.traffic_drop) == (
        0.01,
        timedelta(milliseconds=500),
        0.5,
    )
    assert ocr.versions["v1.1"].ready_timeout == timedelta(minutes=10)


def test_the_engine_hands_secrets_over_as_text() -> None:
    registry = {"server": "registry.example.com", "username": "u", "password": "hunter2"}
    config = parse(edited({"registry": registry}))
    assert config.registry
    assert config.registry.password == Secret("hunter2")
    assert "hunter2" not in repr(config)


def test_a_parked_model_has_no_pods_at_all() -> None:
    parked = {
        "models/ocr/canary": {},
        "models/ocr/versions/v1.1/replicas": 0,
        "models/ocr/versions/v1.2/replicas": 0,
    }
    assert parse(edited(parked))


def test_paths_side_by_side_may_have_match_on() -> None:
    other = base()["models"]["ocr"] | {"path": "/ocr-two", "match": {"cookie": "canary"}}
    assert parse(edited({"models/ocr/path": "/ocr", "models/two": other}))


def test_object_names_are_dns_labels() -> None:
    assert object_name("ocr", "v1.1_rc") == "ocr-v1-1-rc"
