"""10,000 placements by the real scheduler on simulated nodes, each judged by a checker of its own.

    python -m bench.placement
    python -m bench.placement --nodes 30 --models 7 --placements 300 --seed 2

A control plane (etcd, API server, controllers, scheduler) starts on free ports; KWOK plays nodes
and pods. The stack's own objects are applied. First there is a canary too many, and ten wrongs are
planted by hand, which the checker must report. Then models are scaled, get canaries, are promoted
and taken back, while nodes fail, go, are drained and come back, all from a seed (in which order the
scheduler then works is its own affair). Every placement is checked as it happens, and everything
at the end of each round.

What breaks a rule by a limit of Kubernetes, proven by the order of the API server's writes
(bench/placement/limits.py), is told apart and is no violation.

Ctrl-C ends it early, with what was seen until then. Exits with 1 if there were fewer placements, a
violation, a planted wrong that was not reported, a canary without room that did not wait with an
event that says why, or a stable pod that was touched by that.
"""

from __future__ import annotations

import signal
import sys

from bench.command import parser, tell
from bench.placement.acts import UnmetError
from bench.placement.run import Plan, Report, run
from bench.table import columns
from infra.config import ConfigErrors
from local import interrupts
from local.simulated.cluster import TOOLS, SimulationError
from local.toolchain import BuildError, ensure

_SHOWN = 20


def main() -> int:
    """Exit status: see above."""
    options = parser("bench.placement", __doc__)
    for name, default in (("nodes", 1000), ("models", 200), ("placements", 10_000), ("seed", 1)):
        options.add_argument(f"--{name}", type=int, default=default, help=f"default: {default}")
    plan = Plan(**vars(options.parse_args()))
    interrupts.deliver()
    # Whoever ends this ends the servers with it, and their files go.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        report = run(plan, ensure(TOOLS, tell), tell)
    except (BuildError, ConfigErrors, SimulationError, UnmetError, ValueError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    print(render(report))
    return 0 if report.holds() else 1


def render(report: Report) -> str:
    """What was seen, and every planted wrong that was missed, and violations."""
    lines = [
        ("nodes, models", f"{report.plan.nodes}, {report.plan.models}"),
        ("placements checked", str(report.placements)),
        ("violations", str(len(report.violations))),
        ("known limits of Kubernetes", str(len(report.limits))),
        ("planted wrongs reported", f"{sum(report.planted.values())} of {len(report.planted)}"),
        ("rounds of changes", str(report.rounds)),
        ("nodes failed, gone or drained", str(report.hit)),
        ("most pods, most that waited", f"{report.most_pods}, {report.most_waiting}"),
        ("spread where there was a choice", _spread(report)),
        ("seconds", f"{report.seconds:.0f}"),
    ]
    missed = [f"not reported: {what}" for what, found in report.planted.items() if not found]
    wrong = [str(each) for each in report.violations[:_SHOWN]]
    told = [f"waits: {report.waits}", f"refused: {report.refused}"]
    limits = [f"limit: {each}" for each in report.limits[:_SHOWN]]
    return "\n".join([columns(lines), *told, *limits, *missed, *wrong])


def _spread(report: Report) -> str:
    return f"{report.choices - report.crowded} of {report.choices}"


if __name__ == "__main__":
    sys.exit(main())
