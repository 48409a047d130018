"""What is counted as what, and in which form it is given out."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_families
from prometheus_client.parser import text_string_to_metric_families as families

from service.front.metrics import Metrics
from service.workers.messages import Ready
from service.workers.pool import Result

_OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture
def metrics() -> Metrics:
    metrics = Metrics("v1.1", in_flight=lambda: 3)
    metrics.loaded(Ready((), (), {"confidence": (0.5, 1.0), "length": (10, 100)}, 1.5, 2.5))
    return metrics


def _value(metrics: Metrics, name: str, **labels: str) -> float:
    text = metrics.exposition("")[0].decode()
    samples = [sample for family in families(text) for sample in family.samples]
    wanted = {"version": "v1.1", **labels}
    (value,) = [s.value for s in samples if s.name == name and s.labels == wanted]
    return value


def _result(**quality: float) -> Result:
    return Result({}, quality, queue_s=0.01, run_s=0.1, batch=2)


def test_everything_of_the_contract_is_there_at_zero() -> None:
    fresh = Metrics("v1.1", in_flight=lambda: 0)
    for name in ("requests_total", "errors_total", "latency_seconds_count"):
        assert _value(fresh, f"paddle_model_{name}") == 0


@pytest.mark.parametrize(
    ("status", "errors", "latencies"),
    [(200, 0, 1), (400, 0, 0), (415, 0, 0), (500, 1, 1), (503, 1, 0), (504, 1, 1)],
)
def test_a_server_error_is_a_model_error_and_a_client_error_is_not(
    metrics: Metrics, status: int, errors: int, latencies: int
) -> None:
    metrics.record(status, 0.2, None, "id")
    assert _value(metrics, "paddle_model_requests_total") == 1
    assert _value(metrics, "paddle_model_errors_total") == errors
    assert _value(metrics, "paddle_model_latency_seconds_count") == latencies


def test_refusals_are_counted_by_status_and_are_there_at_zero(metrics: Metrics) -> None:
    assert _value(metrics, "paddle_serving_refusals_total", status="503") == 0
    metrics.record(503, 0.2, None, "id")
    metrics.record(200, 0.2, None, "id")
    metrics.record(418, 0.2, None, "id")  # a handler may have reasons of its own
    assert _value(metrics, "paddle_serving_refusals_total", status="503") == 1
    assert _value(metrics, "paddle_serving_refusals_total", status="418") == 1


def test_half_a_second_is_a_bound_of_the_latency_histogram(metrics: Metrics) -> None:
    assert 'le="0.5"' in metrics.exposition("")[0].decode()


def test_each_quality_signal_has_buckets_of_its_own(metrics: Metrics) -> None:
    metrics.record(200, 0.2, _result(confidence=0.7, length=40), "id")
    name = "paddle_model_quality"
    assert _value(metrics, f"{name}_sum", signal="confidence") == 0.7
    assert _value(metrics, f"{name}_bucket", signal="confidence", le="0.5") == 0
    assert _value(metrics, f"{name}_bucket", signal="confidence", le="1.0") == 1
    assert _value(metrics, f"{name}_bucket", signal="confidence", le="+Inf") == 1
    assert _value(metrics, f"{name}_bucket", signal="length", le="100.0") == 1
    assert _value(metrics, f"{name}_count", signal="length") == 1
    text = metrics.exposition("")[0].decode()
    assert text.count(f"# TYPE {name} histogram") == 1


def test_queue_and_batch_are_observed_for_answers_of_the_pool(metrics: Metrics) -> None:
    metrics.record(200, 0.2, _result(), "id")
    metrics.record(503, 0.2, None, "id")
    assert _value(metrics, "paddle_serving_batch_size_sum") == 2
    assert _value(metrics, "paddle_serving_queue_seconds_count") == 1


def test_the_containers_own_state(metrics: Metrics) -> None:
    metrics.restarted("hung")
    assert _value(metrics, "paddle_serving_worker_restarts_total", reason="hung") == 1
    assert _value(metrics, "paddle_serving_worker_restarts_total", reason="died") == 0
    assert _value(metrics, "paddle_serving_requests_in_flight") == 3
    assert _value(metrics, "paddle_serving_load_seconds") == 1.5
    assert _value(metrics, "paddle_serving_warm_up_seconds") == 2.5


def test_openmetrics_carries_request_ids_as_exemplars(metrics: Metrics) -> None:
    metrics.record(200, 0.2, None, "x" * 128)  # too long for an exemplar, and no error
    metrics.record(200, 0.2, _result(confidence=0.7), "abc")
    body, content_type = metrics.exposition(_OPENMETRICS)
    assert content_type.startswith("application/openmetrics-text")
    found = [
        sample.exemplar.labels
        for family in open_families(body.decode())  # type: ignore[no-untyped-call]
        for sample in family.samples
        if sample.exemplar
    ]
    assert found == [{"request_id": "abc"}]


def test_without_openmetrics_the_text_format_is_given(metrics: Metrics) -> None:
    assert metrics.exposition("")[1] == "text/plain; version=0.0.4; charset=utf-8"
