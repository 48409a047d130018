"""Which server in front of Flask: gunicorn's threads or granian?

    python -m bench.front_server

Both serve the same application, whose model answers at once, in one process with 80 threads;
gunicorn as the container does, with sockets that lose patience. Rounds alternate; medians. Then
each gets a client that sends a byte of its body now and then, and is told to end while requests
are inside.
"""

from __future__ import annotations

import http.client
import signal
import socket
import statistics
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.table import columns
from local.server import Server

_APP = "bench.front_server.app"
_READ_S = 3.0
_BIN = Path(sys.executable).parent
_COMMANDS: Mapping[str, Sequence[str | Path]] = {
    "gunicorn": (sys.executable, "-m", _APP),
    "granian": (
        *(_BIN / "granian", "--interface", "wsgi", "--blocking-threads", "80"),
        *("--host", "127.0.0.1", "--port", "{port}"),
        *("--http1-header-read-timeout", str(int(1000 * _READ_S))),
        *("--no-access-log", "--log-level", "error", f"{_APP}:app"),
    ),
}
_BODY = bytes(100_000)
_CLIENTS = (1, 8)
_ROUNDS, _SECONDS = 5, 3.0
_PAUSE_S, _INSIDE = 1.0, 8


def main() -> None:
    rates: dict[tuple[str, int], list[float]] = {}
    delays: dict[tuple[str, int], list[float]] = {}
    for _ in range(_ROUNDS):
        for name in _COMMANDS:
            with _server(name) as server:
                for clients in _CLIENTS:
                    seconds = _load(server.port, clients)
                    rates.setdefault((name, clients), []).append(len(seconds) / _SECONDS)
                    delays.setdefault((name, clients), []).append(statistics.median(seconds))
    lines = [("server", "clients", "requests/s", "p50 ms", "slow client", "lost at the end")]
    for (name, clients), measured in rates.items():
        rate = statistics.median(measured)
        delay = 1000 * statistics.median(delays[name, clients])
        slow, lost = "", ""
        if clients == _CLIENTS[0]:
            slow, lost = _slow(name), f"{_lost(name)} of {_INSIDE}"
        lines.append((name, str(clients), f"{rate:.0f}", f"{delay:.2f}", slow, lost))
    print(columns(lines))


def _server(name: str, **env: str) -> Server:
    return Server(_COMMANDS[name], READ_SECONDS=str(_READ_S), **env)


def _load(port: int, clients: int) -> list[float]:
    """Seconds of each request of so many clients that send one after the other."""
    seconds: list[float] = []
    end = time.monotonic() + _SECONDS

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while time.monotonic() < end:
            begun = time.perf_counter()
            _post(connection)
            seconds.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds


def _post(connection: http.client.HTTPConnection) -> None:
    connection.request("POST", "/infer", _BODY, {"Content-Type": "image/png"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"the front answered {answer.status}")


def _slow(name: str) -> str:
    """What becomes of a client that sends its body too slowly."""
    head = (
        b"POST /infer HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 999\r\n\r\n"
    )
    with (
        _server(name) as server,
        socket.create_connection(("127.0.0.1", server.port)) as connection,
    ):
        begun = time.monotonic()
        connection.sendall(head)
        connection.settimeout(0.2)
        while (seconds := time.monotonic() - begun) < 5 * _READ_S:
            try:
                connection.sendall(b"x")
                connection.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                break
            return f"ended after {seconds:.1f} s"
    return "held" if seconds >= 5 * _READ_S else f"ended after {seconds:.1f} s"


def _lost(name: str) -> int:
    """Requests without an answer, of those that are inside when the server is told to end."""
    lost: list[Exception] = []

    def client() -> None:
        try:
            _post(http.client.HTTPConnection("127.0.0.1", server.port))
        except (OSError, http.client.HTTPException) as error:
            lost.append(error)

    with _server(name, PAUSE=str(_PAUSE_S)) as server:
        threads = [threading.Thread(target=client) for _ in range(_INSIDE)]
        for thread in threads:
            thread.start()
        time.sleep(_PAUSE_S / 2)
        server.process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
    return len(lost)


if __name__ == "__main__":
    main()
