"""`handler: tensor`: what model.yaml declares against what the network has, without paddle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.errors import RequestError, StartError
from service.handlers.model import Model
from service.handlers.stages import run_one
from service.handlers.tensor import TensorHandler
from service.settings import Engine
from service.tensors import Spec, Tensor

_CPU = Engine(
    device="gpu", gpus=0, precision="fp32", tensorrt=False, gpu_memory_mb=1, onednn=True, threads=1
)


class _Network:
    """Sums `pixels` by row and passes `ids` on."""

    inputs = (Spec("pixels", "FP32", (-1, 3, -1)), Spec("ids", "INT64", (-1, 2)))
    outputs = ("sums", "ids_again")

    def __init__(self, max_batch: int) -> None:
        self.max_batch = max_batch

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        pixels, ids = inputs
        return pixels.sum(axis=(1, 2)), ids


class _Model(Model):
    def network(self, folder: str = ".", max_batch: int = 1) -> Any:  # noqa: ANN401
        return _Network(max_batch)


_PIXELS: dict[str, Any] = {"name": "pixels", "datatype": "FP32", "shape": [-1, 3, -1]}
_IDS: dict[str, Any] = {"name": "ids", "datatype": "INT64", "shape": [-1, 2]}


def _handler(inputs: object = (), **options: object) -> TensorHandler:
    model = _Model(Path("/models"), _CPU, 0, 1)
    return TensorHandler(model, [_IDS, _PIXELS] if inputs == () else inputs, **options)


def _request(pixels: int, ids: int) -> dict[str, Tensor]:
    return {"ids": np.ones((ids, 2), np.int64), "pixels": np.ones((pixels, 3, 5), np.float32)}


def test_inputs_reach_the_network_by_name() -> None:
    answer = run_one(_handler(), _request(9, 9))
    assert list(answer) == ["sums", "ids_again"]
    assert answer["sums"].tolist() == [15.0] * 9


def test_outputs_can_be_chosen() -> None:
    handler = _handler(outputs=["ids_again"])
    assert [spec.name for spec in handler.outputs] == ["ids_again"]
    assert list(run_one(handler, _request(1, 1))) == ["ids_again"]


def test_outputs_are_described() -> None:
    assert _handler().outputs == (Spec("sums", "FP32", (-1,)), Spec("ids_again", "INT64", (-1, -1)))
    closed = _handler([{**_PIXELS, "shape": [-1, 3, 8]}, _IDS])
    assert closed.outputs == (Spec("sums", "FP32", (-1,)), Spec("ids_again", "INT64", (-1, 2)))


def test_inputs_with_other_rows_are_the_clients_error() -> None:
    with pytest.raises(RequestError, match=r"same first size, found ids \[3, 2\], pixels \[2"):
        run_one(_handler(), _request(2, 3))


def test_without_rows_inputs_need_not_agree() -> None:
    handler = _handler(batch=0)
    assert run_one(handler, _request(2, 3))["sums"].shape == (2,)
    assert list(handler.warm_up()) == []


def test_the_warm_up_has_every_shape_and_batch() -> None:
    shapes = [{"pixels": [1, 3, 8], "ids": [1, 2]}, {"pixels": [1, 3, 16], "ids": [1, 2]}]
    handler = _handler(batch=4, warm_up=shapes)
    assert len(list(handler.samples())) == 2
    seen = [tuple(tensor.shape for tensor in call.inputs) for call in handler.warm_up()]
    expected = {((n, 3, width), (n, 2)) for n in (1, 2, 4) for width in (8, 16)}
    assert set(seen) == expected
    assert seen[0] == ((4, 3, 16), (4, 2))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inputs": None}, "inputs is None; write a list of name, datatype and shape"),
        ({"inputs": [{"name": "x"}]}, "inputs[0] is {'name': 'x'}; write name, datatype and"),
        ({"inputs": [{**_IDS, "datatype": "BYTES"}]}, "datatype is 'BYTES'; write one of BOOL"),
        ({"inputs": [{**_IDS, "shape": [-1, 0]}]}, "inputs[0].shape is [-1, 0]; write a size"),
        ({"inputs": [{**_IDS, "shape": [1, 2]}]}, "the first axis is the rows of a batch, -1"),
        ({"inputs": [_IDS, _IDS]}, "inputs[1].name is 'ids' again"),
        ({"inputs": [_IDS]}, "inputs has ids; the inputs of the network are pixels, ids"),
        (
            {"inputs": [_PIXELS, {**_IDS, "datatype": "INT32"}]},
            "ids is INT32 [-1, 2]; the network has INT64 [-1, 2]",
        ),
        (
            {"inputs": [{**_PIXELS, "shape": [-1, 4, -1]}, _IDS]},
            "pixels is FP32 [-1, 4, -1]; the network has FP32 [-1, 3, -1]",
        ),
        ({"outputs": ["sum"]}, "outputs has 'sum'; the outputs of the network are sums, ids_again"),
        ({"outputs": "sums"}, "outputs is 'sums'; write names of outputs"),
        ({"batch": "8"}, "batch is '8'"),
        ({"batch": True}, "batch is True"),
        ({"warm_up": [[1, 3]]}, "warm_up[0] is [1, 3]; write a shape for each of"),
        (
            {"warm_up": [{"pixels": [1, 3, 8], "ids": [1, 3]}]},
            "warm_up[0].ids is [1, 3]; it has to fit [-1, 2]",
        ),
    ],
)
def test_a_wrong_declaration_is_one_line(options: dict[str, Any], message: str) -> None:
    with pytest.raises(StartError) as unable:
        _handler(**options)
    assert message in str(unable.value)
    assert str(unable.value).startswith("/models/model.yaml")
