"""The HTTP front over stub workers: what is taken, what is refused, what is counted."""

from __future__ import annotations

import base64
import io
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from service.errors import RequestError
from service.front import create_app
from service.pool import Pool
from service.settings import Settings
from service.worker import WorkerLost
from tests.unit.service.stub import StubWorker

_SETTINGS = Settings(
    model="ocr",
    version="v1.1",
    model_dir=Path("/models"),
    port=8000,
    workers=1,
    waiting=0,
    deadline_s=5.0,
    max_bytes=1000,
    max_pixels=1000,
)


class _Front:
    def __init__(self) -> None:
        self.worker = StubWorker()
        self.pool = Pool(lambda: self.worker, 1, 0, 5.0, print)
        self.client: FlaskClient = create_app(_SETTINGS, self.pool).test_client()

    def start(self) -> None:
        self.pool.start()
        while not self.pool.ready:
            time.sleep(0.001)

    def metric(self, name: str) -> float:
        text = self.client.get("/metrics").get_data(as_text=True)
        found = re.search(rf'^{name}{{version="v1.1"}} (\S+)$', text, re.MULTILINE)
        assert found, text
        return float(found[1])


@pytest.fixture
def front() -> Iterator[_Front]:
    front = _Front()
    front.start()
    yield front
    front.pool.stop()


def test_raw_multipart_and_json_bodies_carry_the_same_bytes(front: _Front) -> None:
    image = b"7 bytes"
    answers = [
        front.client.post("/infer", data=image, content_type="image/png"),
        front.client.post("/infer", data=image, content_type="application/octet-stream"),
        front.client.post("/infer", data={"image": (io.BytesIO(image), "page.png")}),
        front.client.post("/infer", json={"image": base64.b64encode(image).decode()}),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert [answer.json for answer in answers] == [{"worker": 1, "bytes": 7}] * 4


@pytest.mark.parametrize(
    ("body", "kind", "status", "message"),
    [
        (b"x", "text/plain", 415, "Content-Type is 'text/plain'; send the image as"),
        (b"", "image/png", 400, "the image is empty"),
        (b"x" * 1001, "image/png", 413, "1001 bytes; at most 1000"),
        (b"{", "application/json", 400, "not JSON"),
        (b"[" * 50000, "application/json", 400, "not JSON"),
        (b"[]", "application/json", 400, 'no text "image"'),
        (b'{"image": 3}', "application/json", 400, 'no text "image"'),
        (b'{"image": "data:image/png;base64,AA=="}', "application/json", 400, "not base64"),
        (b'{"image": ""}', "application/json", 400, "the image is empty"),
        (b"", "multipart/form-data; boundary=b", 400, "the form has no field"),
    ],
)
def test_a_body_that_is_no_image_is_refused_with_what_is_expected(
    front: _Front, body: bytes, kind: str, status: int, message: str
) -> None:
    answer = front.client.post("/infer", data=body, content_type=kind)
    assert answer.status_code == status
    assert message in (answer.json or {})["error"]


def test_a_body_far_above_the_limit_is_not_even_read(front: _Front) -> None:
    answer = front.client.post("/infer", data=b"x" * 200_000, content_type="image/png")
    assert answer.status_code == 413


def test_every_answer_of_infer_names_the_version(front: _Front) -> None:
    front.worker.fails = WorkerLost(500, "died")
    answers = [
        front.client.post("/infer", data=b"x", content_type="image/png"),
        front.client.post("/infer", data=b"x", content_type="text/plain"),
        front.client.get("/infer"),
    ]
    assert [answer.status_code for answer in answers] == [500, 415, 405]
    assert {answer.headers["X-Model-Version"] for answer in answers} == {"v1.1"}


def test_full_is_503_with_a_time_to_retry_after(front: _Front) -> None:
    front.worker.fails = RequestError(503, "full")
    answer = front.client.post("/infer", data=b"x", content_type="image/png")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_metrics_exist_at_zero_before_the_first_request(front: _Front) -> None:
    names = re.findall(r"# TYPE (\S+) (\S+)", front.client.get("/metrics").get_data(as_text=True))
    assert names == [
        ("paddle_model_requests_total", "counter"),
        ("paddle_model_errors_total", "counter"),
        ("paddle_model_latency_seconds", "histogram"),
    ]
    assert front.metric("paddle_model_requests_total") == 0
    assert front.metric("paddle_model_errors_total") == 0
    assert front.metric("paddle_model_latency_seconds_count") == 0


def test_a_server_error_is_a_model_error_and_a_client_error_is_not(front: _Front) -> None:
    front.client.post("/infer", data=b"x", content_type="image/png")
    front.client.post("/infer", data=b"x", content_type="text/plain")
    front.worker.fails = RequestError(500, "failed")
    front.client.post("/infer", data=b"x", content_type="image/png")
    assert front.metric("paddle_model_requests_total") == 3
    assert front.metric("paddle_model_errors_total") == 1
    assert front.metric("paddle_model_latency_seconds_count") == 2


def test_half_a_second_is_a_bound_of_the_latency_histogram(front: _Front) -> None:
    assert 'le="0.5"' in front.client.get("/metrics").get_data(as_text=True)


def test_health_follows_the_pool() -> None:
    front = _Front()
    paths = ("/health/startup", "/health/ready", "/health/live")

    def health() -> list[int]:
        return [front.client.get(path).status_code for path in paths]

    assert health() == [503, 503, 200]
    front.start()
    assert health() == [200, 200, 200]
    front.pool.drain()
    assert health() == [200, 503, 200]
    front.pool.stop()
