"""The HTTP front over a stub pool: what is taken, what is refused, what is counted."""

from __future__ import annotations

import base64
import io
import re
import time
from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from service.errors import RequestError
from service.front.app import is_inference
from service.front.routes import ROUTES
from tests.unit.service.stub import FULL, OCR, TABLE, StubPool, app

_HEALTH = (
    "/health/startup",
    "/health/ready",
    "/health/live",
    "/v2/health/ready",
    "/v2/health/live",
)


class _Front:
    def __init__(self) -> None:
        self.pool = StubPool(OCR)
        self.client: FlaskClient = app(self.pool, MAX_BYTES="1000").test_client()

    def post(
        self, body: bytes = b"x", kind: str = "image/png", headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        return self.client.post("/infer", data=body, content_type=kind, headers=headers)

    def metric(self, name: str) -> float:
        text = self.client.get("/metrics").get_data(as_text=True)
        found = re.search(rf'^{name}{{version="v1.1"}} (\S+)$', text, re.MULTILINE)
        assert found, text
        return float(found[1])


@pytest.fixture
def front() -> _Front:
    return _Front()


def _refusal(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, (answer.json or {})["error"]


def test_raw_multipart_and_json_bodies_carry_the_same_bytes(front: _Front) -> None:
    image = b"7 bytes"
    base64_text = base64.b64encode(image).decode()
    answers = [
        front.post(image),
        front.post(image, "application/octet-stream"),
        front.client.post("/infer", data={"image": (io.BytesIO(image), "page.png")}),
        front.client.post("/infer", json={"image": base64_text}),
        front.client.post("/infer", json={"image": [base64_text]}),
    ]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert [answer.json for answer in answers] == [{"image": [1]}] * 5
    assert [request["image"].tolist() for request in front.pool.requests] == [[image]] * 5


def test_numbers_come_as_nested_lists() -> None:
    pool = StubPool(TABLE)
    inputs = {"rows": [[1, 2.5, 3]], "flags": [True, False], "counts": [[1], [-128]]}
    answer = app(pool).test_client().post("/infer", json=inputs)
    assert answer.json == {"rows": [1, 3], "flags": [2], "counts": [2, 1]}
    assert {name: tensor.tolist() for name, tensor in pool.requests[0].items()} == inputs


@pytest.mark.parametrize(
    ("body", "kind", "status", "message"),
    [
        (b"x", "text/plain", 415, "Content-Type is 'text/plain'; send the bytes of 'image'"),
        (b"x", "", 415, "Content-Type is missing"),
        (b"x" * 1001, "image/png", 413, "1001 bytes; at most 1000"),
        (b"{", "application/json", 400, "not JSON"),
        (b"[" * 50000, "application/json", 400, "50000 levels deep; at most 32"),
        (b"[]", "application/json", 400, "expected is an object of inputs"),
        (b"{}", "application/json", 400, "'image' is missing"),
        (b'{"page": ""}', "application/json", 400, "'page' is no input; the model takes 'image'"),
        (b'{"image": 3}', "application/json", 400, "expected is a list"),
        (b'{"image": [3]}', "application/json", 422, "BYTES and has int elements"),
        (b'{"image": "data:image/png;base64,AA=="}', "application/json", 400, "not base64"),
        ('{"image": "é"}'.encode(), "application/json", 400, "not base64"),
        (b'{"image": ""}', "application/json", 400, "'image' is empty"),
        (b'{"image": ["", ""]}', "application/json", 422, "shape [2]; expected is [1]"),
        (b'{"image": "AA==", "image": "AA=="}', "application/json", 400, "'image' twice"),
        (b"", "multipart/form-data; boundary=b", 400, "the form has no field"),
        (b"--b--\r\n", "multipart/form-data; boundary=b", 400, "the form has no field"),
        (b"--b--\r\n", "multipart/form-data", 400, "no boundary"),
        (b"--b\r\nContent-Disposition: form-data; name=", "multipart/form-data; boundary=b", 400,
         "damaged or cut off"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_image_is_refused_with_what_is_expected(
    front: _Front, body: bytes, kind: str, status: int, message: str
) -> None:
    answer = front.post(body, kind)
    assert answer.status_code == status
    assert message in _refusal(answer)[1]
    assert not front.pool.requests


def test_a_large_file_comes_through_a_form() -> None:
    pool = StubPool(OCR)
    image = bytes(range(256)) * 10_000
    app(pool).test_client().post("/infer", data={"image": (io.BytesIO(image), "page.png")})
    assert pool.requests[0]["image"].tolist() == [image]


def test_a_form_has_each_file_once_and_nothing_else(front: _Front) -> None:
    def post(**fields: object) -> tuple[int, str]:
        kind = "multipart/form-data"
        return _refusal(front.client.post("/infer", data=fields, content_type=kind))

    file = [(io.BytesIO(b"x"), "a"), (io.BytesIO(b"x"), "b")]
    assert post(image=file) == (400, "the form has 2 files named 'image'")
    assert "'pages' is no input" in post(pages=(io.BytesIO(b"x"), "a"))[1]
    assert "the form has 'image'; send" in post(image="text")[1]


class _Endless(io.RawIOBase):
    """A body that goes on for ever."""

    taken = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        return b"x" * size


def _environ(stream: object, **more: str) -> dict[str, object]:
    environ = {"wsgi.input": stream, "wsgi.input_terminated": True}
    return {**environ, "CONTENT_TYPE": "image/png", **more}


def test_a_chunked_body_is_counted_while_it_is_read(front: _Front) -> None:
    stream = _Endless()
    environ = _environ(stream, HTTP_TRANSFER_ENCODING="chunked")
    status, message = _refusal(front.client.post("/infer", environ_overrides=environ))
    assert (status, message) == (413, "the body has more than 1000 bytes; at most 1000 are taken")
    assert stream.taken < 70 * 2**20


def test_a_huge_body_is_not_even_read(front: _Front) -> None:
    stream = _Endless()
    environ = _environ(stream, CONTENT_LENGTH=str(10**12))
    assert _refusal(front.client.post("/infer", environ_overrides=environ))[0] == 413
    assert stream.taken == 0


@pytest.mark.parametrize("path", ["/infer", "/v2/models/x/infer", "/nothing", "/health/live"])
def test_a_body_that_is_refused_does_not_stay_on_the_connection(front: _Front, path: str) -> None:
    body = io.BytesIO(bytes(200_000))
    environ = _environ(body, CONTENT_LENGTH="200000")
    assert front.client.post(path, environ_overrides=environ).status_code in (404, 405, 413)
    assert not body.read()


@pytest.mark.parametrize(
    ("raises", "status"),
    [(ConnectionResetError(), 408), (TimeoutError(), 408), (ValueError("chunk"), 400), (None, 400)],
)
def test_a_body_that_breaks_off_is_the_clients_error(
    front: _Front, raises: Exception | None, status: int
) -> None:
    class Breaking(_Endless):
        def read(self, size: int = -1) -> bytes:
            if raises:
                raise raises
            return b""

    environ = _environ(Breaking(), CONTENT_LENGTH="9")
    answer = front.client.post("/infer", environ_overrides=environ)
    assert answer.status_code == status
    assert front.metric("paddle_model_errors_total") == 0


def test_a_body_of_nothing_is_refused(front: _Front) -> None:
    environ = _environ(io.BytesIO(b""), CONTENT_LENGTH="0")
    answer = front.client.post("/infer", environ_overrides=environ)
    assert _refusal(answer) == (400, "the input 'image' is empty: it has 0 bytes")


def test_a_body_of_unknown_length_or_compressed_is_refused(front: _Front) -> None:
    environ = _environ(io.BytesIO(b"x"), CONTENT_LENGTH="")
    assert _refusal(front.client.post("/infer", environ_overrides=environ))[0] == 411
    compressed = front.post(headers={"Content-Encoding": "gzip"})
    assert _refusal(compressed) == (
        415,
        "Content-Encoding is 'gzip'; send the body uncompressed",
    )
    assert front.post(headers={"Content-Encoding": "identity"}).status_code == 200


def test_every_answer_of_an_inference_names_version_and_request(front: _Front) -> None:
    front.pool.fails = RequestError(500, "died")
    answers = [
        front.post(),
        front.post(kind="text/plain"),
        front.client.get("/infer"),
        front.client.post("/v2/models/ocr/infer", json={}),
        front.client.post("/v2/models/other/infer", json={}),
        front.client.put("/v2/models/ocr/versions/v1.1/infer"),
    ]
    assert [answer.status_code for answer in answers] == [500, 415, 405, 400, 404, 405]
    assert {answer.headers["X-Model-Version"] for answer in answers} == {"v1.1"}
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 6
    assert answers[2].headers["Allow"] == "POST"
    assert front.metric("paddle_model_requests_total") == 6
    assert front.metric("paddle_model_errors_total") == 1


@pytest.mark.parametrize("given", ["a", "trace/7 of 9", "x" * 128])
def test_a_request_id_is_taken_over(front: _Front, given: str) -> None:
    assert front.post(headers={"X-Request-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "é", "a\tb", "\x7f"])
def test_a_request_id_that_could_spoil_a_log_is_replaced(front: _Front, given: str) -> None:
    taken = front.post(headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{32}", taken)


def test_full_is_503_with_a_time_to_retry_after(front: _Front) -> None:
    front.pool.fails = FULL
    answer = front.post()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_a_bug_is_500_without_its_details(front: _Front) -> None:
    front.pool.fails = ZeroDivisionError("secret")
    status, message = _refusal(front.post())
    assert status == 500
    assert "secret" not in message


def test_metrics_exist_at_zero_before_the_first_request(front: _Front) -> None:
    assert front.metric("paddle_model_requests_total") == 0
    assert front.metric("paddle_model_errors_total") == 0
    assert front.metric("paddle_model_latency_seconds_count") == 0


def test_a_server_error_is_a_model_error_and_a_client_error_is_not(front: _Front) -> None:
    front.post()
    front.post(kind="text/plain")
    front.pool.fails = RequestError(500, "failed")
    front.post()
    assert front.metric("paddle_model_requests_total") == 3
    assert front.metric("paddle_model_errors_total") == 1
    assert front.metric("paddle_model_latency_seconds_count") == 2


def test_the_time_that_a_body_takes_is_not_the_models(front: _Front) -> None:
    class Slow(_Endless):
        def read(self, size: int = -1) -> bytes:
            time.sleep(0.05)
            return b"x" * size

    front.client.post("/infer", environ_overrides=_environ(Slow(), CONTENT_LENGTH="9"))
    assert front.metric("paddle_model_latency_seconds_sum") < 0.05


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_metrics_are_not_for_those_who_come_by_a_gateway(front: _Front, header: str) -> None:
    answer = front.client.get("/metrics", headers={header: "for=203.0.113.7"})
    assert answer.status_code == 404
    assert "paddle_model" not in answer.get_data(as_text=True)


def test_metrics_come_in_the_format_that_is_asked_for(front: _Front) -> None:
    accept = {"Accept": "application/openmetrics-text; version=1.0.0"}
    assert front.client.get("/metrics", headers=accept).get_data().endswith(b"# EOF\n")
    assert front.client.get("/metrics").content_type.startswith("text/plain")


def test_health_follows_the_pool() -> None:
    pool = StubPool(None)
    client = app(pool).test_client()

    def health() -> list[int]:
        return [client.get(path).status_code for path in _HEALTH]

    assert health() == [503, 503, 200, 503, 200]
    pool.warm, pool.unready = True, ""
    assert health() == [200, 200, 200, 200, 200]
    pool.unready = "ending"
    assert health() == [200, 503, 200, 503, 200]
    assert client.get("/health/ready").json == {"status": "ending"}


def test_before_the_model_is_loaded_requests_are_told_to_come_again() -> None:
    client = app(StubPool(None)).test_client()
    answers = [
        client.post("/infer", data=b"x", content_type="image/png"),
        client.post("/v2/models/ocr/infer", json={}),
        client.get("/v2/models/ocr"),
        client.get("/openapi.json"),
    ]
    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in answers] == [
        (503, "1")
    ] * 4


def test_what_is_counted_are_the_inference_routes() -> None:
    assert [is_inference(route.path) for route in ROUTES] == [route.inference for route in ROUTES]


_KINDS = ["application/json", "image/png", "multipart/form-data; boundary=b", "", "a/b", "\xe9"]
_BODIES = st.binary() | st.text('--b\r\n:;=Content-Disposition form-data name filename"').map(
    str.encode
)


@given(_BODIES, st.sampled_from(_KINDS), st.sampled_from(["/infer", "/v2/models/ocr/infer"]))
def test_no_body_is_the_fronts_undoing(body: bytes, kind: str, path: str) -> None:
    for model in (OCR, TABLE):
        headers = {"Inference-Header-Content-Length": str(len(body) // 2)}
        client = app(StubPool(model)).test_client()
        answer = client.post(path, data=body, content_type=kind, headers=headers)
        assert answer.status_code in (200, 400, 411, 413, 415, 422)
        assert answer.json or answer.content_type == "application/octet-stream"


def test_an_unknown_path_is_404_as_json(front: _Front) -> None:
    assert _refusal(front.client.get("/nothing"))[0] == 404
    assert _refusal(front.client.get("//v2"))[0] == 404
    assert front.client.get("/v2/").status_code == 200
