"""A real Prometheus over given samples and rules, with a real Alertmanager to send alerts to."""

from __future__ import annotations

import json
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import yaml

from local.ports import LOOPBACK, free_port
from local.toolchain import ensure

_PATIENCE_SECONDS = 60
_SETTLED = (
    "min(prometheus_rule_group_iterations_total) >= 3"
    ' and on () count_over_time(up{job="alertmanager"}[1m]) >= 3'
    ' and on () count_over_time(up{job="cluster"}[1m]) >= 3'
)


class Prometheus:
    """Its API; https://prometheus.io/docs/prometheus/latest/querying/api/"""

    def __init__(self, address: str) -> None:
        self._url = f"http://{address}/api/v1"

    def get(self, path: str, **parameters: str | float) -> Any:  # noqa: ANN401
        """The `data` of an answer. Raises AssertionError with what Prometheus finds wrong."""
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self._url}/{path}?{query}") as answer:  # noqa: S310
                return json.load(answer)["data"]
        except HTTPError as error:
            if error.code >= 500:
                raise
            raise AssertionError(f"{parameters}: {json.load(error)['error']}") from None

    def now(self, expr: str) -> list[dict[str, Any]]:
        """Samples of an expression now."""
        found: list[dict[str, Any]] = self.get("query", query=expr)["result"]
        return found

    def lately(self, expr: str, seconds: int, step: int) -> list[dict[str, Any]]:
        """Series of an expression over the last `seconds`."""
        end = time.time()
        answer = self.get("query_range", query=expr, start=end - seconds, end=end, step=step)
        found: list[dict[str, Any]] = answer["result"]
        return found


@contextmanager
def running(
    directory: Path,
    past: Iterable[Iterable[str]],
    scrape: Callable[[], str],
    rules: dict[str, Any],
) -> Iterator[Prometheus]:
    """Prometheus that knows the past and has evaluated the rules, until the block ends.

    Rules are evaluated every second, and alerts do not wait: what is to fire fires at once. Both
    programs are scraped, so that what they say of themselves is theirs.

    Args:
        past: lines of OpenMetrics with timestamps. What lies hours apart comes apart, since
            promtool reads its lines once for every two hours between the first and the last.
        scrape: gives what the targets of a cluster show now, with their labels.
    """
    programs = ensure(("prometheus", "alertmanager"), print)
    promtool = programs["prometheus"] / "promtool"
    for number, lines in enumerate(past):
        _make_blocks(promtool, directory / f"samples-{number}.txt", lines, directory / "data")
    served, told, shown = _free_address(), _free_address(), _free_address()
    configuration = _configuration(served, told, shown)
    (directory / "rules.yml").write_text(yaml.safe_dump(_at_once(rules)))
    (directory / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    (directory / "alertmanager.yml").write_text(
        yaml.safe_dump({"route": {"receiver": "nobody"}, "receivers": [{"name": "nobody"}]})
    )
    alertmanager: list[str | Path] = [
        programs["alertmanager"] / "alertmanager",
        f"--config.file={directory / 'alertmanager.yml'}",
        f"--storage.path={directory / 'alertmanager'}",
        f"--web.listen-address={told}",
        "--cluster.listen-address=",
    ]
    prometheus: list[str | Path] = [
        programs["prometheus"] / "prometheus",
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address={served}",
    ]
    with _target(shown, scrape), _process(alertmanager), _process(prometheus):
        client = Prometheus(served)
        _wait(lambda: _settled(client))
        yield client


def _make_blocks(promtool: Path, file: Path, lines: Iterable[str], data: Path) -> None:
    file.write_text("\n".join((*lines, "# EOF", "")))
    done = subprocess.run(
        [promtool, "tsdb", "create-blocks-from", "--quiet", "openmetrics", file, data],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def _at_once(rules: dict[str, Any]) -> dict[str, Any]:
    waits = ("for", "keep_firing_for")
    groups = [
        {
            "name": group["name"],
            "rules": [
                {key: value for key, value in rule.items() if key not in waits}
                for rule in group["rules"]
            ],
        }
        for group in rules["groups"]
    ]
    return {"groups": groups}


def _configuration(served: str, told: str, shown: str) -> dict[str, Any]:
    targets = {"prometheus": served, "alertmanager": told, "cluster": shown}
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [told]}]}]},
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [address]}], "honor_labels": True}
            for job, address in targets.items()
        ],
    }


def _free_address() -> str:
    return f"{LOOPBACK}:{free_port()}"


@contextmanager
def _target(address: str, scrape: Callable[[], str]) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(scrape().encode())

        def log_message(self, *_: object) -> None:
            """Keep the output of the tests clean."""

    host, port = address.split(":")
    server = ThreadingHTTPServer((host, int(port)), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _process(command: list[str | Path]) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _settled(client: Prometheus) -> bool:
    """Whether rules that build upon each other have been evaluated, and counters have rates."""
    try:
        return bool(client.now(_SETTLED))
    except URLError:
        return False


def _wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not done():
        assert time.monotonic() < deadline, f"nothing in {_PATIENCE_SECONDS} s"
        time.sleep(0.2)
