"""Runs the requests that a worker holds side by side, each network on batches of its own.

A handler's `answer` is a generator that stops where it needs a network. All requests are brought
to their next stop, the calls that they stopped at are sorted by network and shape, each group runs
as few batches as possible, and the requests go on with the results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from service.handlers import Call, Handler, Network, Steps
from service.tensors import Tensor, Tensors

Outputs = tuple[Tensor, ...]


def run_one(handler: Handler, request: Tensors) -> Tensors:
    """The answer to one request.

    Raises:
        Exception: whatever the handler or a network raised.
    """
    outcomes: list[Tensors | Exception] = []
    run(handler, [request], lambda _, outcome: outcomes.append(outcome))
    (outcome,) = outcomes
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def warm_up(handler: Handler) -> None:
    """Brings a handler through all that requests go through, in every shape it names.

    Raises:
        Exception: whatever the handler or a network raised; better now than at a request.
    """
    for sample in handler.samples():
        answer = run_one(handler, sample)
        handler.document(answer)
        quality(handler, answer)
    for call in handler.warm_up():
        (outcome,) = run_calls(handler, [call])
        if isinstance(outcome, Exception):
            raise outcome


def quality(handler: Handler, answer: Tensors) -> dict[str, float]:
    """The scores of an answer that the handler has declared."""
    scores = handler.quality(answer)
    return {signal: float(scores[signal]) for signal in handler.signals if signal in scores}


def run(
    handler: Handler,
    requests: Sequence[Tensors],
    done: Callable[[int, Tensors | Exception], None],
) -> None:
    """Answers requests side by side.

    Args:
        done: called once for each request with its index, as soon as it is known, and with its
            answer or what was raised for it.
    """
    stopped = [_Stopped(handler, index, request) for index, request in enumerate(requests)]
    stopped = [request for request in stopped if request.go_on(None, done)]
    while stopped:
        outcomes = iter(run_calls(handler, [call for one in stopped for call in one.calls]))
        stopped = [
            request
            for request in stopped
            if request.go_on([next(outcomes) for _ in request.calls], done)
        ]


@dataclass
class _Stopped:
    """A request and the calls that it waits for."""

    handler: Handler
    index: int
    request: Tensors
    steps: Steps = field(init=False)
    calls: Sequence[Call] = ()

    def go_on(
        self,
        outcomes: list[Outputs | Exception] | None,
        done: Callable[[int, Tensors | Exception], None],
    ) -> bool:
        """Brings the request to its next stop; False if it has come to its end."""
        outputs = [outcome for outcome in outcomes or () if not isinstance(outcome, Exception)]
        failures = [outcome for outcome in outcomes or () if isinstance(outcome, Exception)]
        try:
            if failures:
                calls = self.steps.throw(failures[0])
            elif outcomes is None:
                self.steps = self.handler.answer(self.request)
                calls = next(self.steps)
            else:
                calls = self.steps.send(outputs)
            self.calls = _checked(self.handler, calls)
        except StopIteration as end:
            done(self.index, end.value)
        except Exception as error:  # what a handler raises ends one request, not the worker
            done(self.index, error)
        else:
            return True
        return False


def _checked(handler: Handler, calls: object) -> list[Call]:
    """What a handler yielded: its mistakes must not reach the batch that it would share.

    Raises:
        TypeError: they are no calls that a network of the handler can run.
    """
    if not isinstance(calls, (list, tuple)) or not all(isinstance(call, Call) for call in calls):
        raise TypeError(f"the handler yielded {calls!r:.200}; it has to be a list of Call")
    for call in calls:
        if call.network not in handler.networks:
            raise TypeError(
                f"a Call names the network {call.network!r}; the handler has: "
                f"{', '.join(handler.networks)}"
            )
        if not isinstance(call.inputs, tuple) or not all(
            isinstance(tensor, np.ndarray) for tensor in call.inputs
        ):
            raise TypeError(f"the inputs of a Call of {call.network} are no tuple of arrays")
        rows = {tensor.shape[0] if tensor.ndim else 0 for tensor in call.inputs}
        if handler.networks[call.network].max_batch and (len(rows) != 1 or 0 in rows):
            shapes = [list(tensor.shape) for tensor in call.inputs]
            raise TypeError(f"the inputs of a Call of {call.network} differ in rows: {shapes}")
    return list(calls)


@dataclass
class _Group:
    """Calls that can run as one batch, and their places in the list of all calls."""

    network: str
    places: list[int] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)


def run_calls(handler: Handler, calls: Sequence[Call]) -> list[Outputs | Exception]:
    """For each call its outputs, or what its network raised."""
    groups: dict[object, _Group] = {}
    for place, call in enumerate(calls):
        key = (call.network, *((tensor.dtype, tensor.shape[1:]) for tensor in call.inputs))
        group = groups.setdefault(key, _Group(call.network))
        group.places.append(place)
        group.calls.append(call)
    outcomes: dict[int, Outputs | Exception] = {}
    for group in groups.values():
        network = handler.networks[group.network]
        outcomes |= zip(group.places, _run_group(network, group), strict=True)
    return [outcomes[place] for place in range(len(calls))]


def _run_group(network: Network, group: _Group) -> list[Outputs | Exception]:
    try:
        results = _run_together(network, group.calls)
    except Exception as error:
        if len(group.calls) == 1:
            return [error]
        # One request's values must not fail the others that happened to share its batch.
        return [_run_group(network, _Group(group.network, [], [call]))[0] for call in group.calls]
    return [_finite(group.network, outputs) for outputs in results]


def _run_together(network: Network, calls: Sequence[Call]) -> list[Outputs]:
    if network.max_batch == 0:
        return [network(*call.inputs) for call in calls]
    joined = [_join(tensors) for tensors in zip(*(call.inputs for call in calls), strict=True)]
    rows = len(joined[0])
    parts = []
    for start, end in _batches(rows, network.max_batch):
        part = network(*(tensor[start:end] for tensor in joined))
        if any(output.shape[:1] != (end - start,) for output in part):
            raise RuntimeError(
                f"the network gave outputs of shape {[output.shape for output in part]} for "
                f"{end - start} rows; one without a row for each needs `max_batch: 0`"
            )
        parts.append(part)
    outputs = [_join(tensors) for tensors in zip(*parts, strict=True)]
    results = []
    start = 0
    for call in calls:
        end = start + len(call.inputs[0])
        results.append(tuple(output[start:end] for output in outputs))
        start = end
    return results


def _join(tensors: Sequence[Tensor]) -> Tensor:
    return tensors[0] if len(tensors) == 1 else np.concatenate(tensors)


def _batches(rows: int, most: int) -> Iterator[tuple[int, int]]:
    """Cuts rows into batches whose sizes are powers of two, or `most`.

    A network keeps memory and prepared kernels for every shape it has seen: few sizes keep that
    small, and each of them can be warmed up.
    """
    start = 0
    while start < rows:
        left = rows - start
        size = most if left >= most else 1 << (left.bit_length() - 1)
        yield start, start + size
        start += size


def _finite(network: str, outputs: Outputs) -> Outputs | Exception:
    for output in outputs:
        if output.dtype.kind == "f" and not np.isfinite(output).all():
            return FloatingPointError(f"the output of {network} has NaN or infinite values")
    return outputs


def batch_sizes(most: int) -> list[int]:
    """The sizes that batches of a network can have; for warm-up."""
    return sorted(
        {end - start for rows in range(1, most + 1) for start, end in _batches(rows, most)}
    )
