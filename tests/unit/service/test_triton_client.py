"""Triton's own client, which we did not write, against the front over a stub pool."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from tritonclient.http import (  # type: ignore[import-untyped]
    InferenceServerClient,
    InferInput,
    InferRequestedOutput,
)
from tritonclient.utils import InferenceServerException  # type: ignore[import-untyped]
from werkzeug.serving import make_server

from service.tensors import BYTES, DATATYPES, Spec, Tensor, datatype
from service.workers.messages import Ready
from tests.unit.service.stub import OCR, StubPool, app, model


@contextmanager
def _served(pool: StubPool) -> Iterator[InferenceServerClient]:
    server = make_server("127.0.0.1", 0, app(pool), threaded=True)
    threading.Thread(target=server.serve_forever).start()
    client = InferenceServerClient(f"127.0.0.1:{server.server_port}")
    try:
        yield client
    finally:
        client.close()
        server.shutdown()
        server.server_close()


def _echo() -> StubPool:
    """A pool that gives back what it takes, of every datatype."""
    specs = tuple(Spec(kind.lower(), kind, (2, 2)) for kind in DATATYPES)
    pool = StubPool(model(specs, specs))
    pool.answers = dict
    return pool


def _tensor(kind: str) -> Tensor:
    if kind == BYTES:
        return np.array([[b"", b"a"], [b"\xc3\xa9", b"line\n"]], object)
    return np.array([[0, 1], [1, 0]], DATATYPES[kind])


def _inputs(ready: Ready, *, binary: bool) -> list[InferInput]:
    inputs = []
    for spec in ready.inputs:
        entry = InferInput(spec.name, spec.shape, spec.datatype)
        # It has no JSON form for FP16.
        entry.set_data_from_numpy(
            _tensor(spec.datatype), binary_data=binary or spec.datatype == "FP16"
        )
        inputs.append(entry)
    return inputs


@pytest.mark.parametrize("sent_binary", [True, False])
@pytest.mark.parametrize("got_binary", [True, False])
def test_tensors_of_every_type_come_back_in_every_form(sent_binary: bool, got_binary: bool) -> None:
    pool = _echo()
    assert pool.model
    outputs = [
        InferRequestedOutput(spec.name, binary_data=got_binary) for spec in pool.model.outputs
    ]
    with _served(pool) as client:
        answer = client.infer(
            "ocr", _inputs(pool.model, binary=sent_binary), outputs=outputs, request_id="7"
        )
    assert answer.get_response()["id"] == "7"
    for spec in pool.model.outputs:
        found, sent = answer.as_numpy(spec.name), _tensor(spec.datatype)
        if spec.datatype == BYTES and not got_binary:
            found = np.vectorize(str.encode, otypes=[object])(found)
        np.testing.assert_array_equal(found, sent)


def test_without_wanted_outputs_all_come() -> None:
    pool = _echo()
    assert pool.model
    with _served(pool) as client:
        answer = client.infer("ocr", _inputs(pool.model, binary=True), model_version="v1.1")
    names = [output["name"] for output in answer.get_response()["outputs"]]
    assert names == [spec.name for spec in pool.model.outputs]


@pytest.mark.parametrize("binary", [True, False])
def test_an_answer_of_nothing_comes(binary: bool) -> None:
    pool = StubPool(OCR)
    pool.answers = lambda _: {"text": np.empty(0, object), "scores": np.empty(0, np.float32)}
    entry = InferInput("image", [1], BYTES)
    entry.set_data_from_numpy(np.array([b"x"], object))
    outputs = [InferRequestedOutput(name, binary_data=binary) for name in ("text", "scores")]
    with _served(pool) as client:
        answer = client.infer("ocr", [entry], outputs=outputs)
    assert answer.as_numpy("text").shape == answer.as_numpy("scores").shape == (0,)


def test_health_and_metadata_are_found() -> None:
    pool = StubPool(OCR)
    with _served(pool) as client:
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("ocr", "v1.1")
        assert not client.is_model_ready("ocr", "v9")
        assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
        assert client.get_model_metadata("ocr")["inputs"][0]["datatype"] == "BYTES"
        pool.unready = "ending"
        assert client.is_server_live()
        assert not client.is_server_ready()
        assert not client.is_model_ready("ocr")


@pytest.mark.parametrize(
    ("model", "tensor", "refusal"),
    [
        (("other", ""), np.array([b"x"], object), ("404", "no model 'other' here")),
        (("ocr", "v9"), np.array([b"x"], object), ("404", "no version 'v9' here")),
        (("ocr", ""), np.ones(1, np.uint8), ("422", "'image' is UINT8; expected is BYTES")),
        (("ocr", ""), np.array([b"x"] * 2, object), ("422", "shape [2]; expected is [1]")),
    ],
)
def test_refusals_arrive_with_status_and_message(
    model: tuple[str, str], tensor: Tensor, refusal: tuple[str, str]
) -> None:
    entry = InferInput("image", tensor.shape, datatype(tensor))
    entry.set_data_from_numpy(tensor)
    with _served(StubPool(OCR)) as client, pytest.raises(InferenceServerException) as raised:
        client.infer(model[0], [entry], model_version=model[1])
    assert raised.value.status() == refusal[0]
    assert refusal[1] in raised.value.message()


def test_a_compressed_request_is_refused_with_the_reason() -> None:
    entry = InferInput("image", [1], BYTES)
    entry.set_data_from_numpy(np.array([b"x"], object))
    with (
        _served(StubPool(OCR)) as client,
        pytest.raises(InferenceServerException, match="Content-Encoding is 'gzip'"),
    ):
        client.infer("ocr", [entry], request_compression_algorithm="gzip")
