"""What a changed weight costs: `pulumi up` against `kubectl annotate`, and when traffic follows.

python -m bench.weight_change --help
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import sleep

from bench.command import tell
from bench.instance import up_meanwhile
from bench.split import exact_split, first_answer, observe
from bench.stack import CANARY, HOST, NAMESPACE, ROUTE, WEIGHT, BenchStack, UnexpectedError
from bench.table import Sample, render
from local import interrupts
from local.cluster.api import Api
from local.cluster.layout import Layout
from local.demo.shell import CommandError
from local.load.client import Target

_ROOT = Path(__file__).parents[1]
_LOW, _HIGH = 5, 20
_PATH = f"/apis/networking.k8s.io/v1/namespaces/{NAMESPACE}/ingresses/{ROUTE}"
# Traefik applies a change late that follows another one within 2 s.
_REST_SECONDS = 3.0
_OBSERVED_SECONDS = 4.0

_EXPLANATION = """\
examples:
  python -m bench.weight_change                        stacks of 1, 50 and 200 models
  python -m bench.weight_change --models 1 --runs 20   one model, closer
An embedded platform named bench is started for it and taken down at the end. One model has pods;
the others are parked: a Deployment without pods, a Service, a budget and two Ingresses each.

columns, medians with (lowest to highest), in seconds:
  pulumi up         one changed weight, without preview; exactly one object is updated, no pod
  no-op up          the same with nothing changed; nothing is updated
  kubectl annotate  the same annotation of the same Ingress
  ratio             pulumi up over kubectl annotate
  first canary      from the API write of weight 20, with 0 before, to the canary's first answer
  exact split       ... to the first answer of 100 in a row of which exactly 20 are the canary's
"""


def main() -> int:
    """Exit status: 0 measured, 1 something did not go as it should."""
    arguments = _parser().parse_args()
    interrupts.deliver()
    tell(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before the start")
    try:
        with up_meanwhile() as layout, tempfile.TemporaryDirectory() as scratch:
            stack = BenchStack.create(layout.name, _ROOT, Path(scratch) / "Pulumi.bench.yaml")
            samples: list[Sample] = []
            for models in arguments.models:
                samples.append(_measure(stack, layout, models, arguments.runs))
                tell(render(samples[-1:]))
    except (UnexpectedError, CommandError, subprocess.CalledProcessError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    print(render(samples))
    return 0


def _measure(stack: BenchStack, layout: Layout, models: int, runs: int) -> Sample:
    stack.write(models, _LOW)
    # Its time is not asked for, and a crash would cost this stack only.
    made = stack.up(PULUMI_EXPERIMENTAL="true", PULUMI_SKIP_CHECKPOINTS="true")
    tell(f"{models} models: {made.resources} resources, in place after {made.seconds:.0f} s")
    sample = Sample(models, made.resources)
    pods = stack.pods()
    for run in range(runs):
        weight, other = (_HIGH, _LOW) if run % 2 == 0 else (_LOW, _HIGH)
        stack.write(models, weight)
        sample.up.append(_changing_one_object(stack))
        sample.no_op.append(_changing_nothing(stack))
        sample.annotate += (stack.annotate(other), stack.annotate(weight))
    if stack.pods() != pods:
        raise UnexpectedError(f"pods were {pods} and are {stack.pods()}: a weight touched them")
    for _ in range(runs):
        first, exact = _split(layout)
        sample.first.append(first)
        sample.exact.append(exact)
    stack.annotate(_LOW if runs % 2 == 0 else _HIGH)
    return sample


def _changing_one_object(stack: BenchStack) -> float:
    done = stack.up()
    if done.changed != (f"kubernetes:networking.k8s.io/v1:Ingress {ROUTE}",):
        raise UnexpectedError(f"a changed weight changed {done.changed or 'nothing'}")
    return done.seconds


def _changing_nothing(stack: BenchStack) -> float:
    done = stack.up()
    if done.changed:
        raise UnexpectedError(f"an update without a change changed {done.changed}")
    return done.seconds


def _split(layout: Layout) -> tuple[float, float]:
    api, target = Api.published(layout), Target(layout.url, HOST)

    def write(weight: int) -> None:
        api.patch(_PATH, {"metadata": {"annotations": {WEIGHT: str(weight)}}})

    write(0)
    sleep(_REST_SECONDS)
    answers, since = observe(target, lambda: write(_HIGH), _OBSERVED_SECONDS)
    if early := sum(answer.sent < since and answer.version == CANARY for answer in answers):
        raise UnexpectedError(f"{early} requests went to {CANARY} at weight 0")
    if failed := [answer.failure for answer in answers if answer.failure]:
        raise UnexpectedError(f"{len(failed)} of {len(answers)} requests failed: {failed[0]}")
    first = first_answer(answers, CANARY, since)
    exact = None if first is None else exact_split(answers, CANARY, _HIGH, first)
    if first is None or exact is None:
        raise UnexpectedError(
            f"{len(answers)} requests in {_OBSERVED_SECONDS:.0f} s never split {_HIGH} to 100"
        )
    return answers[first].ended - since, answers[exact].ended - since


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.weight_change",
        description=__doc__.splitlines()[0] if __doc__ else None,
        epilog=_EXPLANATION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        *("--models", "-m"),
        type=_positive,
        nargs="+",
        default=[1, 50, 200],
        metavar="N",
        help="models in the stack, rising (default: 1 50 200)",
    )
    parser.add_argument(
        "--runs", type=_positive, default=5, metavar="N", help="repetitions of each (default: 5)"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


if __name__ == "__main__":
    sys.exit(main())
