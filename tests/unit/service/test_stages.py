"""Requests side by side: which calls share a batch, and what a failure costs the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import RequestError
from service.handlers import Call, Handler, Network, Steps
from service.handlers.stages import batch_sizes, run, run_calls, run_one
from service.tensors import Spec, Tensor, Tensors


@dataclass
class _Doubling:
    """Answers with its input times two, and remembers the shapes it saw."""

    max_batch: int
    seen: list[tuple[int, ...]] = field(default_factory=list)
    spoil: Callable[[Tensor], Tensor] = lambda rows: rows

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        (rows,) = inputs
        self.seen.append(rows.shape)
        if (rows < 0).any():
            raise RuntimeError("no negative values")
        return (self.spoil(rows * 2),)


class _Twice(Handler):
    """Runs `first` on each row of the request by itself, then `second` on all of them."""

    inputs = (Spec("rows", "FP32", (-1, -1)),)
    outputs = (Spec("rows", "FP32", (-1, -1)),)

    def __init__(self, first: _Doubling, second: _Doubling) -> None:
        self.networks: Mapping[str, Network] = {"first": first, "second": second}

    def answer(self, request: Tensors) -> Steps:
        rows = request["rows"]
        if not rows.size:
            raise RequestError(400, "no rows")
        singles = yield [Call("first", (row[None],)) for row in rows]
        ((result,),) = yield [Call("second", (np.concatenate([one for (one,) in singles]),))]
        return {"rows": result}

    def samples(self) -> Iterable[Tensors]:
        return ()


def _handler(most: int = 4) -> tuple[_Twice, _Doubling, _Doubling]:
    first, second = _Doubling(most), _Doubling(most)
    return _Twice(first, second), first, second


def _request(rows: int, width: int = 3, start: float = 0) -> Tensors:
    values = np.arange(rows * width, dtype=np.float32) + start
    return {"rows": values.reshape(rows, width)}


def _run(handler: Handler, requests: list[Tensors]) -> dict[int, Tensors | Exception]:
    outcomes: dict[int, Tensors | Exception] = {}

    def done(index: int, outcome: Tensors | Exception) -> None:
        assert index not in outcomes
        outcomes[index] = outcome

    run(handler, requests, done)
    return outcomes


def _rows(outcome: Tensors | Exception) -> Tensor:
    assert not isinstance(outcome, Exception)
    return outcome["rows"]


def test_calls_of_all_requests_share_batches() -> None:
    handler, first, second = _handler(most=4)
    requests = [_request(1), _request(3, start=9), _request(2, start=50)]
    outcomes = _run(handler, requests)
    assert first.seen == [(4, 3), (2, 3)]
    assert second.seen == [(4, 3), (2, 3)]
    for index, request in enumerate(requests):
        assert (_rows(outcomes[index]) == request["rows"] * 4).all()


def test_calls_of_other_shapes_run_apart() -> None:
    handler, first, _ = _handler()
    outcomes = _run(handler, [_request(2, width=3), _request(1, width=5), _request(1, width=3)])
    assert sorted(first.seen) == [(1, 3), (1, 5), (2, 3)]
    assert _rows(outcomes[1]).shape == (1, 5)


def test_calls_of_other_types_run_apart() -> None:
    handler, first, _ = _handler()
    calls = [Call("first", (np.zeros((1, 2), kind),)) for kind in (np.float32, np.int64)]
    run_calls(handler, calls)
    assert first.seen == [(1, 2), (1, 2)]


@given(rows=st.lists(st.integers(1, 9), min_size=1, max_size=6), most=st.integers(1, 9))
def test_everyone_gets_their_own_rows_in_batches_that_were_warmed(
    rows: list[int], most: int
) -> None:
    handler, first, second = _handler(most)
    requests = [_request(count, start=100 * index) for index, count in enumerate(rows)]
    outcomes = _run(handler, requests)
    for index, request in enumerate(requests):
        assert (_rows(outcomes[index]) == request["rows"] * 4).all()
    assert {shape[0] for shape in first.seen + second.seen} <= set(batch_sizes(most))


@pytest.mark.parametrize(
    ("most", "sizes"), [(1, [1]), (4, [1, 2, 4]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8]), (0, [])]
)
def test_batches_are_powers_of_two_or_the_largest(most: int, sizes: list[int]) -> None:
    assert batch_sizes(most) == sizes


def test_a_network_without_rows_runs_each_call_as_it_is() -> None:
    handler, first, _ = _handler(most=0)
    calls = [Call("first", (np.ones((size, 2), np.float32),)) for size in (3, 3, 1)]
    outcomes = run_calls(handler, calls)
    assert first.seen == [(3, 2), (3, 2), (1, 2)]
    assert not any(isinstance(outcome, Exception) for outcome in outcomes)


def test_one_bad_request_does_not_fail_its_batch() -> None:
    handler, _, _ = _handler()
    outcomes = _run(handler, [_request(1), _request(1, start=-5), _request(2, start=7)])
    assert isinstance(outcomes[1], RuntimeError)
    assert (_rows(outcomes[0]) == _request(1)["rows"] * 4).all()
    assert (_rows(outcomes[2]) == _request(2, start=7)["rows"] * 4).all()


def test_nan_fails_the_request_that_has_it_alone() -> None:
    handler, _, second = _handler()
    second.spoil = lambda rows: np.where(rows == 4 * 7, np.nan, rows)
    outcomes = _run(handler, [_request(1, start=1), _request(1, start=7)])
    assert isinstance(outcomes[1], FloatingPointError)
    assert "second has NaN" in str(outcomes[1])
    assert (_rows(outcomes[0]) == _request(1, start=1)["rows"] * 4).all()


def test_what_the_handler_refuses_never_reaches_a_network() -> None:
    handler, first, _ = _handler()
    outcomes = _run(handler, [{"rows": np.zeros((0, 3), np.float32)}])
    assert isinstance(outcomes[0], RequestError)
    assert first.seen == []


def test_a_network_that_gives_other_rows_is_named() -> None:
    handler, first, _ = _handler()
    first.spoil = lambda rows: rows[:1]
    (outcome,) = run_calls(handler, [Call("first", (np.ones((2, 3), np.float32),))])
    assert isinstance(outcome, RuntimeError)
    assert "max_batch: 0" in str(outcome)


def test_one_request_alone_raises_what_it_meets() -> None:
    handler, _, _ = _handler()
    assert (run_one(handler, _request(2))["rows"] == _request(2)["rows"] * 4).all()
    with pytest.raises(RuntimeError, match="no negative"):
        run_one(handler, _request(1, start=-1))


class _Broken(_Twice):
    """A handler with the mistakes that developers make, one for each request."""

    def answer(self, request: Tensors) -> Steps:
        rows = request["rows"]
        mistake = int(rows[0, 0])
        if mistake == 1:
            yield [Call("none", (rows,))]
        elif mistake == 2:
            yield Call("first", (rows,))  # type: ignore[misc]
        elif mistake == 3:
            yield [Call("first", (rows.tolist(),))]
        elif mistake == 4:
            yield [Call("first", rows)]  # type: ignore[arg-type]
        elif mistake == 5:
            yield [Call("first", (np.float32(1),))]  # type: ignore[arg-type]
        elif mistake == 6:
            yield [Call("first", ())]
        ((result,),) = yield [Call("first", (rows,))]
        return {"rows": result}


@pytest.mark.parametrize("mistake", [1, 2, 3, 4, 5, 6])
def test_a_mistake_in_a_handler_fails_its_request_alone(mistake: int) -> None:
    handler = _Broken(_Doubling(4), _Doubling(4))
    bad = {"rows": np.full((1, 3), mistake, np.float32)}
    good = {"rows": np.zeros((1, 3), np.float32)}
    outcomes = _run(handler, [bad, good])
    assert isinstance(outcomes[0], (TypeError, KeyError, ValueError))
    assert (_rows(outcomes[1]) == 0).all()


class _NoGenerator(_Twice):
    """Needs no network, so its author wrote a plain function."""

    def answer(self, request: Tensors) -> Steps:
        if request["rows"][0, 0] > 0:
            raise RequestError(400, "refused at once")
        return request  # type: ignore[return-value]


def test_a_plain_function_instead_of_a_generator_is_a_mistake_too() -> None:
    handler = _NoGenerator(_Doubling(4), _Doubling(4))
    outcomes = _run(handler, [_request(1), _request(1, start=1)])
    assert isinstance(outcomes[0], TypeError)
    assert isinstance(outcomes[1], RequestError)
