"""How long a fault takes to a message in the chat, and in which part of the road.

python -m bench.alert_latency --help
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench.command import tell
from bench.instance import up_meanwhile
from bench.table import columns
from local import interrupts
from local.cluster import robots
from local.cluster.layout import Layout
from local.environment import of_shell
from local.load.client import Target
from local.load.generator import Load, pages
from tests.cluster.stacks import Platform, Stack
from tests.cluster.watched import HOST, MODEL, Told, Watched, port_of

_ROOT = Path(__file__).parents[1]
_NAME = "alert-latency"
_RATE = 3
# Requests of a healthy stack before anything is broken.
_QUIET_SECONDS = 30
_PATIENCE_SECONDS = 180
_ROBOT = robots.DINGTALK[0]

_EXPLANATION = """\
An embedded platform named bench is started for it and taken down at the end, unless --instance
names one that is up. The stack scrapes and evaluates each 5 s; its alerts have `for: 1s`, so that
the rest of the road is what is measured.

columns, in seconds:
  scrape  from the fault to the first sample that shows it
  rule    ... to the evaluation at which the alert fires, with its `for` and what must come together
  group   ... to Alertmanager's request to the relay: group_wait of 10 s for a new group
  relay   ... to the robot's yes
  all     from the fault to the message
"""


@dataclass(frozen=True)
class Fault:
    """Something to break, the series that shows it and from which value on, and who tells of it."""

    name: str
    alert: str
    cause: Callable[[Watched], object]
    mend: Callable[[Watched], object]
    series: str
    shows: Callable[[float], bool]


FAULTS = (
    Fault(
        "canary without pods",
        "NoReadyEndpoints",
        lambda watched: watched.of_models("scale", "deployment", "ocr-v1-2", "--replicas=0"),
        lambda watched: watched.of_models("scale", "deployment", "ocr-v1-2", "--replicas=1"),
        'paddle_canary_ready_endpoints{version="v1.2"}',
        lambda value: value == 0,
    ),
    Fault(
        "dead canary behind retries",
        "GatewayErrors",
        lambda watched: watched.of_models(*port_of("ocr-v1-2", 9)),
        lambda watched: watched.of_models(*port_of("ocr-v1-2", "http")),
        f'traefik_service_requests_total{{code="502",service=~"{_NAME}-.*"}}',
        lambda value: value > 0,
    ),
)


def main() -> int:
    """Exit status: 0 measured, 1 something did not go as it should."""
    arguments = _parser().parse_args()
    interrupts.deliver()
    tell(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before the start")
    lines = [["fault", "scrape", "rule", "group", "relay", "all"]]
    with up_meanwhile(arguments.instance) as layout:
        for fault in FAULTS:
            # A stack of its own for each, so that its group is a new one.
            with _watched(layout) as watched:
                lines.append([fault.name, *(f"{part:.1f}" for part in _measure(watched, fault))])
            tell(columns(lines))
    print(columns(lines))
    return 0


def _measure(watched: Watched, fault: Fault) -> list[float]:
    told = Told("firing", fault.alert, MODEL, "v1.2")
    with Load(Target(watched.stack.platform.url, HOST), pages(), _RATE):
        time.sleep(_QUIET_SECONDS)
        before, spent = len(watched.told(_ROBOT)), _relay_seconds(watched)
        begun = time.time()
        fault.cause(watched)
        while not any(told in each for each in watched.told(_ROBOT)[before:]):
            if time.time() > begun + _PATIENCE_SECONDS:
                raise TimeoutError(f"{fault.name}: nobody was told in {_PATIENCE_SECONDS} s")
            time.sleep(0.2)
        read = watched.messages(_ROBOT)[before:]
        accepted = next(at for at, alerts in read if told in alerts)
    relay = _relay_seconds(watched) - spent
    seen = _first(watched, fault.series, fault.shows, begun)
    firing = f'ALERTS{{alertname="{fault.alert}",alertstate="firing"}}'
    fired = _first(watched, firing, bool, begun)
    fault.mend(watched)
    road = [begun, seen, fired, accepted - relay, accepted]
    return [*(after - before for before, after in pairwise(road)), accepted - begun]


def _first(watched: Watched, series: str, shows: Callable[[float], bool], since: float) -> float:
    """Time (Unix) of the first sample of any such series that shows it."""
    found = watched.samples(series, "10m")
    return min(at for at, value in found if at >= since and shows(value))


def _relay_seconds(watched: Watched) -> float:
    """What the relay has taken for all messages to the robot so far."""
    name = "paddle_relay_delivery_seconds_sum"
    for line in watched.metrics("relay", 9095).splitlines():
        if line.startswith(f'{name}{{robot="vision-dingtalk"}}'):
            return float(line.split()[-1])
    raise LookupError(f"{name}: the relay does not tell it")


@contextmanager
def _watched(layout: Layout) -> Iterator[Watched]:
    """A stack with monitoring on a running instance, up meanwhile."""
    platform = Platform(of_shell(layout.name), layout.url)
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        stack = Stack.create(platform, _NAME, place / "checkout", place / "backend")
        watched = Watched(stack, layout)
        try:
            stack.pulumi("stack", "init")
            # Nothing is wrong with it yet: both versions keep what they promise.
            watched.write(p99="1m", hasty=False)
            run = stack.up()
            if run.status:
                raise RuntimeError(run.text)
            yield watched
        finally:
            stack.pulumi("destroy", "--yes", "--skip-preview")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.alert_latency",
        description=__doc__.splitlines()[0] if __doc__ else None,
        epilog=_EXPLANATION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--instance", metavar="NAME", help="an instance that is up")
    return parser


if __name__ == "__main__":
    sys.exit(main())
