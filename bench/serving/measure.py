"""The measurements, each of which gives claims or rows of a table."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.load.connection import Connection
from bench.load.report import Report
from bench.serving import metrics_cost
from bench.serving.figures import Claim, raw_rate, row
from bench.serving.processes import BenchError, Loader, Raw
from local.server import Server
from local.service import Service

# Clients for each worker: while one is being answered the next must be there already.
_CLIENTS = 3

# Blank pages of a turn, and turns of a round: short ones, so that what else the machine does meets
# all sides.
_BLANKS, _TURNS = 50, 8

# Seconds for which a worker has nothing to do between two requests of one client, about.
_REST_S = 0.001

# Requests without a model in a round, and how a worker answers them.
_REFUSED, _NO_IMAGE = 400, 415

# Overload. Seconds that a request may wait: long beside a page, and still so short that a queue
# which has room for `_ROOM` times as many meets it.
_DEADLINE_S = 2.0
_ROOM = 1.5


@dataclass(frozen=True)
class Setup:
    """What all measurements share.

    Attributes:
        python: of the serving container's environment.
        models: directory with model.yaml.
        version: of the models.
        loader: knows the pages and what is right.
        blank: sends one small page without text.
        count: pages.
        cores: of this machine.
        log: told what is under way.
    """

    python: Path
    models: Path
    version: str
    loader: Loader
    blank: Loader
    count: int
    cores: int
    log: Callable[[str], None]

    def service(self, workers: int, **env: str) -> Service:
        """Our container."""
        return Service(self.python, self.models, self.version, WORKERS=str(workers), **env)

    def flask(self, **env: str) -> Server:
        """What a team writes first."""
        command = (self.python, "-m", "flask", "--app", "bench.baseline.app", "run")
        return Server((*command, "--port", "{port}"), MODEL_DIR=str(self.models), **env)


@dataclass(frozen=True)
class System:
    """Something that serves OCR: how it is started, and who sends it requests."""

    name: str
    start: Callable[[], Server]
    loader: Loader


@dataclass(frozen=True)
class _Rates:
    """Pages a second of as many processes."""

    raw: float
    service: float

    def __repr__(self) -> str:
        return f"raw {self.raw:.2f}, service {self.service:.2f}"


def against_raw(setup: Setup, rounds: int, passes: int) -> list[Claim]:
    """Throughput of the service and of the bare handler, in turn.

    Args:
        passes: through all pages, for each process of each round.
    """
    counts = sorted({1, 2, setup.cores})
    rates: list[dict[int, _Rates]] = []
    not_right = 0
    with ExitStack() as stack:
        setup.log("starting raw processes and services")
        raw = stack.enter_context(Raw(setup.python, setup.models, setup.loader.pages, counts[-1]))
        services = {count: stack.enter_context(setup.service(count)) for count in counts}

        def load(count: int, clients: int, passes: int) -> Report:
            nonlocal not_right
            report = setup.loader.closed(services[count], clients, passes * setup.count)
            not_right += len(report.replies) - report.right
            return report

        for count in counts:
            load(count, _CLIENTS * count, count)
        for _ in range(rounds):
            rates.append({})
            for count in counts:
                took = raw.passes(count, passes)
                service = load(count, _CLIENTS * count, count * passes).goodput
                rates[-1][count] = _Rates(raw_rate(took), service)
            setup.log(f"round {len(rates)}, pages/s by processes: {rates[-1]}")
    return [
        *_throughput(rates, setup.cores),
        Claim("wrong or no answers of the service", [not_right], False, 0.0),
    ]


def _throughput(rates: Sequence[Mapping[int, _Rates]], cores: int) -> list[Claim]:
    every = [found[cores] for found in rates]
    raw_scaling = statistics.median(found[2].raw / found[1].raw for found in rates)
    return [
        Claim(
            f"service / raw, saturated, {cores} workers",
            [found.service / found.raw for found in every],
            *(True, 0.95),
            f"{statistics.median(found.service for found in every):.2f} pages/s",
        ),
        Claim(
            "two workers / one",
            [found[2].service / found[1].service for found in rates],
            *(True, 1.9),
            f"raw processes: {raw_scaling:.3f}",
        ),
    ]


def latency(setup: Setup, rounds: int) -> list[Claim]:
    """What the way through the service adds to a request of one client, in turns with raw.

    With pages that take milliseconds: one of a third of a second varies by more than what is asked.
    A worker rests while its answer and the next request are on their way, and is slower after it
    than raw in a loop; so the claim has in it what any process loses that waits for requests. Raw
    with rests, beside it, shows how much. So does the same way without a model, in a loop, where
    nothing rests: it is the work that the service does for a request.
    """
    added, over_rested, way = [], [], []
    with (
        Raw(setup.python, setup.models, setup.blank.pages, 1) as raw,
        setup.service(setup.cores) as server,
    ):
        for _ in range(rounds):
            alone, rested, served = [], [], []
            for _ in range(_TURNS):
                alone += raw.passes(1, _BLANKS)[0]
                report = setup.blank.closed(server, 1, _BLANKS)
                served += [reply.latency for reply in report.answered]
                rested += raw.passes(1, _BLANKS, _REST_S)[0]
            p50 = [1000 * statistics.median(took) for took in (alone, rested, served)]
            setup.log(
                "p50 of a blank page, raw / with rests / served: {:.2f} {:.2f} {:.2f}".format(*p50)
            )
            added.append(p50[2] - p50[0])
            over_rested.append(p50[2] - p50[1])
            way.append(1000 * _without_model(server))
    beside = f"over raw that rests {1000 * _REST_S:g} ms before each: "
    return [
        Claim(
            "added p50 of one client, ms",
            added,
            *(False, 1.0),
            f"{beside}{statistics.median(over_rested):.3f}",
        ),
        Claim("p50 of the way without a model, ms", way, False, 1.0, "client, front, worker, back"),
    ]


def _without_model(server: Server) -> float:
    """Seconds, p50: bytes that are no image go all the way to a worker, which refuses them."""
    connection = Connection("127.0.0.1", server.port)
    took = []
    for _ in range(_REFUSED):
        begun = time.perf_counter()
        status = connection.post("/infer", "image/png", b"no image").status
        took.append(time.perf_counter() - begun)
        if status != _NO_IMAGE:
            raise BenchError(f"bytes that are no image got {status} and not {_NO_IMAGE}")
    connection.close()
    return statistics.median(took)


def metrics(rounds: int) -> Claim:
    """Microseconds that the metrics cost a request."""
    values = [metrics_cost.microseconds() for _ in range(rounds)]
    return Claim("metrics, microseconds a request", values, False, 5.0)


def overload(setup: Setup, rounds: int, seconds: float) -> list[Claim]:
    """Twice the requests that the service can answer, between two measurements of what it can."""
    kept, p99, beside = [], [], ""
    setup.log("starting the service for the overload")
    waiting = math.ceil(_ROOM * _DEADLINE_S * _rough_rate(setup))
    limits = {"WAITING": str(waiting), "DEADLINE_SECONDS": f"{_DEADLINE_S:g}"}
    with setup.service(setup.cores, **limits) as service:

        def peak() -> float:
            requests = 2 * setup.cores * setup.count
            return setup.loader.closed(service, _CLIENTS * setup.cores, requests).goodput

        # As many clients as workers: what an answer takes when it waits for nobody.
        alone = setup.loader.closed(service, setup.cores, 2 * setup.cores * setup.count)
        before = peak()
        for number in range(rounds):
            report = setup.loader.open(service, 2 * before, seconds)
            after = peak()
            good = report.goodput_since(_DEADLINE_S)
            kept.append(good / statistics.mean((before, after)))
            p99.append(report.quantile(0.99))
            beside = "  ".join(f"{status}: {n}" for status, n in report.statuses.items())
            setup.log(
                f"round {number + 1}: peaks {before:.2f} and {after:.2f}/s, {good:.2f}/s good of "
                f"{2 * before:.2f}/s, p99 {p99[-1]:.2f} s, "
                f"sent late by at most {1000 * report.late:.0f} ms"
            )
            before = after
    return [
        Claim("goodput at twice the load / peak", kept, True, 0.9, beside),
        Claim(
            "p99 of what is accepted then, s",
            *(p99, False, _DEADLINE_S + alone.quantile(0.99)),
            f"deadline {_DEADLINE_S:g} s + p99 of a page",
        ),
    ]


def table(setup: Setup, systems: Sequence[System], passes: int) -> Iterator[tuple[str, ...]]:
    """Right answers, throughput and latency of each system under 1, 4 and 16 clients.

    Each starts anew for each number of clients: a server that broke must not spoil the next row.
    """
    for system in systems:
        for clients in (1, 4, 16):
            with system.start() as server:
                system.loader.closed(server, 1, setup.count)
                report = system.loader.closed(server, clients, passes * setup.count)
                died = "" if server.alive() else " (died)"
            setup.log(f"{system.name}, {clients} clients: {report.statuses}")
            yield row(f"{system.name}{died}", clients, report)


def _rough_rate(setup: Setup) -> float:
    """Pages a second, to size a queue: each core reads a page in some 50 ms."""
    return 20.0 * setup.cores
