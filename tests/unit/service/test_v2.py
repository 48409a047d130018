"""The Open Inference Protocol: its routes, and its two forms of tensors there and back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from service.errors import RequestError
from service.front.v2 import HEADER_LENGTH
from service.front.v2.answer import encode
from service.front.v2.request import Request, decode
from service.tensors import ANY, BYTES, DATATYPES, Spec, Tensor, datatype, to_bytes
from service.workers.messages import Ready
from tests.unit.service.stub import OCR, TABLE, StubPool, app, model

# The first tensor of a kind takes its time to think up.
_patient = settings(suppress_health_check=[HealthCheck.too_slow])
_NUMERIC = st.sampled_from([kind for kind in DATATYPES if kind != BYTES])
_SHAPES = hnp.array_shapes(max_dims=3, max_side=4)
_ARRAYS = _NUMERIC.flatmap(
    lambda kind: hnp.arrays(
        DATATYPES[kind],
        _SHAPES,
        elements={"allow_nan": False, "allow_infinity": False} if kind.startswith("FP") else None,
    )
)
_TEXTS = _SHAPES.flatmap(
    lambda shape: st.lists(
        st.text().map(str.encode), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))
    ).map(lambda flat: _bytes_tensor(flat).reshape(shape))
)
_TENSORS = _ARRAYS | _TEXTS


def _bytes_tensor(flat: list[bytes]) -> Tensor:
    tensor = np.empty(len(flat), object)
    tensor[:] = flat
    return tensor


def _model_of(tensors: dict[str, Tensor]) -> Ready:
    specs = tuple(Spec(name, datatype(one), one.shape) for name, one in tensors.items())
    return model(specs, specs)


def _body(document: object, *parts: bytes) -> tuple[bytes, str]:
    header = json.dumps(document).encode()
    return b"".join([header, *parts]), str(len(header))


def _entry(name: str, tensor: Tensor, *, binary: bool, flat: bool = False) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": name, "datatype": datatype(tensor), "shape": list(tensor.shape)
    }  # fmt: skip
    if binary:
        return {**entry, "parameters": {"binary_data_size": len(to_bytes(tensor))}}
    shown = tensor.ravel() if flat else tensor
    if tensor.dtype == object:
        shown = np.vectorize(bytes.decode, otypes=[object])(shown)
    return {**entry, "data": shown.tolist()}


@_patient
@given(st.lists(st.tuples(_TENSORS, st.booleans(), st.booleans()), min_size=1, max_size=3))
def test_tensors_arrive_as_they_were_in_both_forms(
    sent: list[tuple[Tensor, bool, bool]],
) -> None:
    tensors = {f"input {n}": tensor for n, (tensor, _, _) in enumerate(sent)}
    entries = [
        _entry(f"input {n}", tensor, binary=binary, flat=flat)
        for n, (tensor, binary, flat) in enumerate(sent)
    ]
    body, length = _body(
        {"inputs": entries}, *(to_bytes(tensor) for tensor, binary, _ in sent if binary)
    )
    request = decode(body, length, _model_of(tensors))
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(request.tensors[name], tensor)
        assert request.tensors[name].dtype == tensor.dtype


@_patient
@given(st.lists(st.tuples(_TENSORS, st.booleans()), min_size=1, max_size=3))
def test_an_answer_can_be_read_back_as_a_request(sent: list[tuple[Tensor, bool]]) -> None:
    outputs = {f"output {n}": tensor for n, (tensor, _) in enumerate(sent)}
    wanted = {f"output {n}": binary for n, (_, binary) in enumerate(sent)}
    body, headers = encode("m", "1", Request({}, wanted, "id 7"), outputs)
    length = int(headers.get(HEADER_LENGTH, len(body)))
    document = json.loads(body[:length])
    assert (document["model_name"], document["model_version"], document["id"]) == ("m", "1", "id 7")
    again = json.dumps({"inputs": document["outputs"]}).encode()
    read = decode(again + body[length:], str(len(again)), _model_of(outputs)).tensors
    for name, tensor in outputs.items():
        np.testing.assert_array_equal(read[name], tensor)


_FUZZ_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    | st.sampled_from(["rows", "FP32", BYTES, "binary_data_size"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["name", "shape", "datatype", "data", "parameters", "binary_data_size",
                         "inputs", "outputs", "id", "binary_data", "binary_data_output"]),
        inner, max_size=6),
)  # fmt: skip
_FUZZ_INPUT = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["rows", "flags", "x"]) | _FUZZ_VALUES,
        "datatype": st.sampled_from(list(DATATYPES)) | _FUZZ_VALUES,
        "shape": st.lists(st.integers(-1, 4) | st.integers(), max_size=4) | _FUZZ_VALUES,
    },
    optional={
        "data": _FUZZ_VALUES,
        "parameters": st.fixed_dictionaries({"binary_data_size": st.integers(-1, 20)})
        | _FUZZ_VALUES,
    },
)
_FUZZ = st.fixed_dictionaries(
    {"inputs": st.lists(_FUZZ_INPUT, max_size=3) | _FUZZ_VALUES},
    optional={"outputs": _FUZZ_VALUES, "parameters": _FUZZ_VALUES, "id": _FUZZ_VALUES},
)


@given(_FUZZ | _FUZZ_VALUES, st.binary(max_size=40), st.none() | st.text(max_size=4))
def test_any_body_is_a_request_or_refused(
    document: object, binary: bytes, length: str | None
) -> None:
    body, right = _body(document, binary)
    for given_length in (length, right):
        try:
            decode(body, given_length, TABLE)
        except RequestError as error:
            assert error.status in (400, 422)


def _input(**other: object) -> dict[str, object]:
    return {"name": "image", "shape": [1], "datatype": BYTES, "data": ["x"], **other}


def _binary(size: object, **other: object) -> dict[str, object]:
    entry = _input(parameters={"binary_data_size": size}, **other)
    del entry["data"]
    return entry


def _wanting(parameters: object) -> dict[str, object]:
    return {"inputs": [_input()], "outputs": [{"name": "text", "parameters": parameters}]}


@pytest.mark.parametrize(
    ("document", "binary", "status", "message"),
    [
        ([], b"", 400, "expected is an object"),
        ({}, b"", 400, "inputs is None; expected is a list of objects"),
        ({"inputs": [3]}, b"", 400, "an entry of inputs is 3"),
        ({"inputs": [{}]}, b"", 400, "the name of an input is None"),
        ({"inputs": [_input(), _input()]}, b"", 400, "'image' is there twice"),
        ({"inputs": [_input(datatype="BF16")]}, b"", 400, "datatype 'BF16'; expected is one of"),
        ({"inputs": [_input(shape=[-1])]}, b"", 400, "shape [-1]; expected is a list of sizes"),
        ({"inputs": [_input(shape=[True])]}, b"", 400, "shape [True]; expected"),
        ({"inputs": [_input(shape=[0])]}, b"", 422, "sizes begin at 1"),
        ({"inputs": [_input(shape=[2])]}, b"", 400, "data of shape [1] and is announced with [2]"),
        ({"inputs": [_input(data=None)]}, b"", 400, "expected is a list"),
        ({"inputs": [_input(parameters={"binary_data_size": 1})]}, b"1", 400, "needs either"),
        ({"inputs": [_binary(5)]}, b"\1\0\0\0", 400, "binary_data_size 5; 4 bytes are left"),
        ({"inputs": [_binary(-1)]}, b"", 400, "binary_data_size -1"),
        ({"inputs": [_binary(True)]}, b"1", 400, "binary_data_size True"),
        ({"inputs": [_binary(5)]}, b"\2\0\0\0x", 400, "element 0 of BYTES is cut off"),
        ({"inputs": [_binary(4, shape=[2**62])]}, b"\0\0\0\0", 400, "too few for"),
        ({"inputs": [_binary(3, datatype="FP32")]}, b"123", 400, "has 4 bytes, found 3"),
        ({"inputs": [_binary(1, datatype="BOOL")]}, b"\2", 422, "neither 0 nor 1"),
        ({"inputs": [_input()]}, b"rest", 400, "4 bytes behind the last binary input"),
        ({"inputs": [_input()], "outputs": [{"name": "x"}]}, b"", 400, "'x' is no output"),
        ({"inputs": [_input()], "outputs": [{"name": "text"}] * 2}, b"", 400, "wanted twice"),
        (_wanting({"classification": 3}), b"", 400, "classification is not supported"),
        (_wanting({"binary_data": 1}), b"", 400, "binary_data is 1; expected is true or false"),
        ({"inputs": [_input()], "id": 7}, b"", 400, "the id is 7; expected is a text"),
    ],
)  # fmt: skip
def test_what_is_not_the_protocol_is_refused_with_what_is_expected(
    document: object, binary: bytes, status: int, message: str
) -> None:
    body, length = _body(document, binary)
    with pytest.raises(RequestError) as refusal:
        decode(body, length, OCR)
    assert refusal.value.status == status
    assert message in refusal.value.message


@pytest.mark.parametrize("length", ["", "-1", "1.0", "99999", "٣", "1" * 5000])
def test_a_header_length_that_is_none_is_refused(length: str) -> None:
    with pytest.raises(RequestError, match=HEADER_LENGTH):
        decode(b"{}", length, OCR)


def test_a_body_without_json_is_the_only_input() -> None:
    assert decode(b"any bytes", "0", OCR).tensors["image"].tolist() == [b"any bytes"]
    rows = model((Spec("rows", "INT16", (ANY, 2)),), ())
    assert decode(bytes(12), "0", rows).tensors["rows"].shape == (3, 2)
    with pytest.raises(RequestError, match="has 12 bytes, found 13"):
        decode(bytes(13), "0", rows)
    with pytest.raises(RequestError, match="need their shape"):
        decode(bytes(12), "0", TABLE)


def test_bytes_that_are_no_text_have_to_be_asked_for_in_binary() -> None:
    outputs = {"image": _bytes_tensor([b"\xff"])}
    with pytest.raises(RequestError, match="binary_data"):
        encode("m", "1", Request({}, {"image": False}), outputs)
    assert encode("m", "1", Request({}, {"image": True}), outputs)[0].endswith(b"\1\0\0\0\xff")


def test_an_answer_with_nan_is_the_models_error() -> None:
    with pytest.raises(RequestError) as refusal:
        encode("m", "1", Request({}, {"x": False}), {"x": np.array([np.nan])})
    assert refusal.value.status == 500


@pytest.fixture
def client() -> FlaskClient:
    return app(StubPool(OCR)).test_client()


@pytest.mark.parametrize("path", ["/v2/models/ocr", "/v2/models/ocr/versions/v1.1"])
def test_a_model_tells_what_it_takes_and_gives(client: FlaskClient, path: str) -> None:
    assert client.get(path).json == {
        "name": "ocr",
        "versions": ["v1.1"],
        "platform": "paddle_inference",
        "inputs": [{"name": "image", "datatype": "BYTES", "shape": [1]}],
        "outputs": [
            {"name": "text", "datatype": "BYTES", "shape": [-1]},
            {"name": "scores", "datatype": "FP32", "shape": [-1]},
        ],
    }
    assert client.get(f"{path}/ready").json == {"name": "ocr", "ready": True}
    answer = client.post(f"{path}/infer", json={"inputs": [_input()], "id": "7"})
    assert answer.json == {
        "model_name": "ocr",
        "model_version": "v1.1",
        "id": "7",
        "outputs": [
            {"name": "text", "datatype": "BYTES", "shape": [2], "data": ["line", "line"]},
            {"name": "scores", "datatype": "FP32", "shape": [2], "data": [0.5, 0.5]},
        ],
    }


@pytest.mark.parametrize("path", ["/v2/models/x", "/v2/models/ocr/versions/1"])
def test_another_model_or_version_is_404(client: FlaskClient, path: str) -> None:
    answers = [
        client.get(path),
        client.get(f"{path}/ready"),
        client.post(f"{path}/infer", json={"inputs": [_input()]}),
    ]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert "served is" in (answers[0].json or {})["error"]


def test_outputs_come_in_the_order_and_form_that_is_asked_for(client: FlaskClient) -> None:
    outputs = [{"name": "scores", "parameters": {"binary_data": False}}, {"name": "text"}]
    answer = client.post(
        "/v2/models/ocr/infer",
        json={
            "inputs": [_input()],
            "outputs": outputs,
            "parameters": {"binary_data_output": True},
        },
    )
    length = int(answer.headers[HEADER_LENGTH])
    assert answer.content_type == "application/octet-stream"
    assert json.loads(answer.data[:length])["outputs"] == [
        {"name": "scores", "datatype": "FP32", "shape": [2], "data": [0.5, 0.5]},
        {"name": "text", "datatype": "BYTES", "shape": [2], "parameters": {"binary_data_size": 16}},
    ]
    assert answer.data[length:] == b"\4\0\0\0line" * 2


def test_a_tensor_of_the_largest_size_fits_with_its_header() -> None:
    client = app(StubPool(OCR), MAX_BYTES="1000").test_client()
    data = to_bytes(_bytes_tensor([bytes(1000)]))
    body, length = _body({"inputs": [_binary(len(data))]}, data)
    answer = client.post(
        "/v2/models/ocr/infer",
        data=body,
        headers={HEADER_LENGTH: length, "Content-Type": "application/octet-stream"},
    )
    assert answer.status_code == 200


def test_another_content_type_is_refused(client: FlaskClient) -> None:
    answer = client.post("/v2/models/ocr/infer", data={"inputs": "[]"})
    assert answer.status_code == 415
    assert "send application/json" in (answer.json or {})["error"]


def test_the_server_says_what_it_is(client: FlaskClient) -> None:
    about = client.get("/v2").json or {}
    assert (about["name"], about["extensions"]) == ("paddle-canary", ["binary_tensor_data"])
