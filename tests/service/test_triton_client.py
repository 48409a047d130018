"""Triton's own client, which we did not write, reads pages with the real models."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from tritonclient.http import (  # type: ignore[import-untyped]
    InferenceServerClient,
    InferInput,
    InferRequestedOutput,
    InferResult,
)
from tritonclient.utils import InferenceServerException  # type: ignore[import-untyped]

from local.receipts import receipt
from local.service import Service
from service.tensors import one


@pytest.fixture
def client(v1_1: Service) -> Iterator[InferenceServerClient]:
    client = InferenceServerClient(f"127.0.0.1:{v1_1.port}")
    yield client
    client.close()


def _page(image: bytes) -> InferInput:
    page = InferInput("image", [1], "BYTES")
    page.set_data_from_numpy(one(image), binary_data=True)
    return page


def _lines(answer: InferResult) -> list[str]:
    texts = answer.as_numpy("text")
    return [text if isinstance(text, str) else text.decode() for text in texts]


@pytest.mark.parametrize("binary", [True, False])
def test_a_page_is_read(client: InferenceServerClient, binary: bool) -> None:
    image, lines = receipt(7)
    names = [output["name"] for output in client.get_model_metadata("ocr")["outputs"]]
    outputs = [InferRequestedOutput(name, binary_data=binary) for name in names]
    answer = client.infer("ocr", [_page(image)], outputs=outputs, request_id="page 7")
    assert answer.get_response()["id"] == "page 7"
    assert answer.get_response()["model_version"] == "v1.1"
    assert _lines(answer) == lines


def test_both_routes_read_the_same(client: InferenceServerClient, v1_1: Service) -> None:
    image, _ = receipt(8)
    assert _lines(client.infer("ocr", [_page(image)])) == v1_1.infer(image).lines


def test_health_and_metadata_are_found(client: InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("ocr", "v1.1")
    (page,) = client.get_model_metadata("ocr", "v1.1")["inputs"]
    assert (page["name"], page["datatype"]) == ("image", "BYTES")


@pytest.mark.parametrize(
    ("model", "image", "refusal"),
    [
        ("other", b"", ("404", "no model 'other' here")),
        ("ocr", b"no image", ("415", "send one of PNG")),
        ("ocr", receipt(0)[0][:500], ("400", "cut off")),
    ],
)
def test_refusals_arrive_with_status_and_message(
    client: InferenceServerClient, model: str, image: bytes, refusal: tuple[str, str]
) -> None:
    with pytest.raises(InferenceServerException) as raised:
        client.infer(model, [_page(image)])
    assert raised.value.status() == refusal[0]
    assert refusal[1] in raised.value.message()


def test_numbers_for_an_image_are_refused(client: InferenceServerClient) -> None:
    pixels = InferInput("image", [1], "UINT8")
    pixels.set_data_from_numpy(np.ones(1, np.uint8))
    with pytest.raises(InferenceServerException, match="'image' is UINT8; expected is BYTES"):
        client.infer("ocr", [pixels])


def test_a_page_without_text_has_outputs_of_no_lines(client: InferenceServerClient) -> None:
    file = io.BytesIO()
    Image.new("L", (160, 160), "white").save(file, "PNG")
    answer = client.infer("ocr", [_page(file.getvalue())])
    shapes = {output["name"]: output["shape"] for output in answer.get_response()["outputs"]}
    assert shapes == {"text": [0], "score": [0], "box": [0, 4, 2]}
    assert answer.as_numpy("box").shape == (0, 4, 2)
