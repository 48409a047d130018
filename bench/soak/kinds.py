"""One request each: good ones, and those a service meets on the open internet."""

from __future__ import annotations

import http.client
import json
import random
import socket
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]

PATH = "/v2/models/soak/infer"
SHAPE = (1, 3, 48, 192)

# Largest difference between two runs of the network on the same values, alone or in a batch.
TOLERANCE = 1e-4

_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Outcome:
    """What came of a request.

    Attributes:
        kind: of request.
        found: short, for counting: "right", "503", "closed"...
        fault: what must not happen, "" otherwise.
    """

    kind: str
    found: str
    fault: str = ""


class Good:
    """Sends values over one kept-alive connection and compares the answer with the reference.

    A 5xx is no fault: workers are killed under requests, and while they are replaced the queue
    fills. A wrong answer is one, and so is none.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)

    def ask(self, values: Values) -> tuple[int, Values]:
        """Status and output of an inference.

        Raises:
            OSError, http.client.HTTPException: there is no complete answer.
        """
        head = {
            "inputs": [
                {
                    "name": "x",
                    "datatype": "FP32",
                    "shape": list(SHAPE),
                    "parameters": {"binary_data_size": values.nbytes},
                }
            ],
            "parameters": {"binary_data_output": True},
        }
        document = json.dumps(head).encode()
        headers = {"Inference-Header-Content-Length": str(len(document))}
        self._connection.request("POST", PATH, document + values.tobytes(), headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            return response.status, np.empty(0, np.float32)
        start = int(response.headers["Inference-Header-Content-Length"])
        return 200, np.frombuffer(body[start:], np.float32)

    def send(self, values: Values, expected: Values) -> Outcome:
        try:
            status, output = self.ask(values)
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            return Outcome("good", "no answer", f"no answer: {error!r}")
        if status in (500, 503, 504):
            return Outcome("good", str(status))
        if status != 200:
            return Outcome("good", str(status), f"a good request was answered {status}")
        if output.shape != expected.shape or np.abs(output - expected).max() > TOLERANCE:
            return Outcome("good", "wrong", f"found {output}, expected {expected}")
        return Outcome("good", "right")


def malformed(port: int, rng: random.Random) -> Outcome:
    """A whole body that is no request: a designed 4xx."""
    junk = rng.randbytes(rng.randrange(1, 2000))
    nan = np.full(SHAPE, np.nan, np.float32)
    tensor = {"name": "x", "datatype": "FP32", "shape": list(SHAPE)}
    bodies = {
        "junk": junk,
        "empty": b"",
        "no inputs": b"{}",
        "deep": b"[" * 100_000,
        "other input": json.dumps({"inputs": [{**tensor, "name": "y", "data": [1.0]}]}).encode(),
        "other shape": json.dumps({"inputs": [{**tensor, "shape": [1], "data": [1.0]}]}).encode(),
        "too few": json.dumps({"inputs": [{**tensor, "data": [1.0]}]}).encode(),
        "not a number": json.dumps({"inputs": [{**tensor, "data": nan.tolist()}]}).encode(),
    }
    kind = rng.choice(list(bodies))
    return _whole(port, f"malformed: {kind}", bodies[kind], range(400, 500))


def huge(port: int, limit: int) -> Outcome:
    """More than the service takes, and announced so: refused before it is sent."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: soak\r\nContent-Length: {100 * limit}\r\n\r\n"
    return _raw(port, "huge", [head.encode(), bytes(65536)], (413,))


def huge_chunked(port: int, limit: int) -> Outcome:
    """More than the service takes, and not announced: refused on the way."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: soak\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    size = 2**20
    chunk = f"{size:x}\r\n".encode() + bytes(size) + b"\r\n"
    return _raw(port, "huge, in chunks", [head, *[chunk] * (2 * limit // size + 2)], (413,))


def cut_off(port: int, rng: random.Random) -> Outcome:
    """A client that goes away in mid-body; nobody is left to be answered."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: soak\r\nContent-Length: 100000\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", port), _TIMEOUT_S) as connection:
        connection.sendall(head + bytes(rng.randrange(90_000)))
        if rng.random() < 0.5:  # with a reset instead of an orderly end
            linger = (1).to_bytes(4, "little") + bytes(4)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    return Outcome("cut off", "closed")


def slow(port: int, rng: random.Random, patience_s: float) -> Outcome:
    """A byte now and then, in the head or in the body, until the service has had enough."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: soak\r\nContent-Length: 100000\r\n".encode()
    in_body = rng.random() < 0.5
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), _TIMEOUT_S) as connection:
        connection.sendall(head + (b"\r\n" if in_body else b""))
        connection.settimeout(0.2)
        while time.monotonic() - begun < 3 * patience_s + 5:
            try:
                connection.sendall(b"x")
                if not connection.recv(65536):
                    return Outcome("slow", "closed")
            except TimeoutError:
                continue
            except OSError:
                return Outcome("slow", "closed")
    seconds = time.monotonic() - begun
    return Outcome("slow", "held", f"a slow client held its connection for {seconds:.0f} s")


def _whole(port: int, kind: str, body: bytes, expected: range) -> Outcome:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.request("POST", PATH, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException) as error:
        return Outcome(kind, "no answer", f"no answer: {error!r}")
    finally:
        connection.close()
    fault = "" if response.status in expected else f"{kind} was answered {response.status}"
    return Outcome(kind, str(response.status), fault)


def _raw(port: int, kind: str, parts: list[bytes], expected: tuple[int, ...]) -> Outcome:
    """Sends as much as the service takes, then reads its answer."""
    with socket.create_connection(("127.0.0.1", port), _TIMEOUT_S) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except OSError:
            pass  # it has closed its end, as it may
        try:
            line = connection.makefile("rb").readline().decode()
        except OSError:
            return Outcome(kind, "closed")  # the answer was overtaken by the reset
    if not line:
        return Outcome(kind, "closed")
    status = int(line.split()[1])
    fault = "" if status in expected else f"{kind} was answered {status}"
    return Outcome(kind, str(status), fault)
