"""100,000 good, malformed, huge, cut off and slow requests while workers are killed.

    python -m bench.soak
    python -m bench.soak --requests 5000 --kill-every 2

Serves PP-OCRv4's direction classifier as plain tensors, since it answers in milliseconds. Every
answer is compared with what the network said before the first kill. Exits with 1 if anything
happened that must not: a wrong answer, none, a hang, open files or memory of the front that grew.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from bench.command import parser
from bench.soak.kinds import SHAPE, TOLERANCE, Good, Values
from bench.soak.run import Plan, Report, soak
from bench.table import columns
from local.python_env import ROOT, environment
from local.service import Service
from service.fetch_models import fetch

_SPEC = f"""\
handler: tensor
inputs: [{{name: x, datatype: FP32, shape: [-1, {", ".join(map(str, SHAPE[1:]))}]}}]
warm_up: [{{x: {list(SHAPE)}}}]
"""
_REFERENCES = 50
_MAX_BYTES = 2**20
_READ_S = 3.0

# The front's open files may differ by connections that are just being closed, its memory by what
# the allocator keeps; a leak in 90% of the requests is far above either.
_FILES_MORE = 20
_MEMORY_MORE = 1.3


def main() -> None:
    options = parser("bench.soak", __doc__)
    options.add_argument("--requests", type=int, default=100_000, help="default: 100000")
    options.add_argument("--clients", type=int, default=16, help="at a time; default: 16")
    options.add_argument("--slow", type=int, default=8, help="slow clients at a time; default: 8")
    options.add_argument(
        "--kill-every", type=float, default=5.0, metavar="SECONDS", help="default: 5"
    )
    chosen = options.parse_args()
    with _service() as service:
        references = _references(service.port)
        report = soak(
            service,
            Plan(
                *(chosen.requests, chosen.clients, chosen.slow, chosen.kill_every),
                *(_MAX_BYTES, _READ_S),
            ),
            references,
            lambda sent: print(f"\r{sent} of {chosen.requests}", end="", file=sys.stderr),
        )
    print(file=sys.stderr)
    faults = [*report.faults, *_leaks(report)]
    print(_shown(report))
    print("\n".join(f"FAULT: {fault}" for fault in faults) or "nothing that must not happen")
    sys.exit(bool(faults))


@contextmanager
def _service() -> Iterator[Service]:
    python = environment(ROOT / "service/requirements.txt") / "bin/python"
    with tempfile.TemporaryDirectory() as folder:
        models, served = Path(folder, "models"), Path(folder, "soak")
        fetch(models)
        shutil.copytree(models / "cls", served)
        (served / "model.yaml").write_text(_SPEC)
        limits = {"MAX_BYTES": str(_MAX_BYTES), "READ_SECONDS": f"{_READ_S:g}"}
        with Service(python, served, "v1", MODEL_NAME="soak", WORKERS="2", **limits) as service:
            yield service


def _references(port: int) -> Sequence[tuple[Values, Values]]:
    """Inputs and outputs, no two alike."""
    rng = np.random.default_rng(1)
    good = Good(port)
    pairs: list[tuple[Values, Values]] = []
    for _ in range(_REFERENCES):
        # Smooth noise: the network is sure about white noise, and says the same of all of it.
        coarse = rng.standard_normal((1, 3, 6, 24), np.float32) * rng.uniform(0.2, 2)
        values = np.ascontiguousarray(coarse.repeat(8, axis=2).repeat(8, axis=3))
        status, output = good.ask(values)
        if status != 200:
            sys.exit(f"the reference was answered {status}")
        if all(np.abs(output - other).max() > 10 * TOLERANCE for _, other in pairs):
            pairs.append((values, output))
    if len(pairs) < _REFERENCES / 2:
        sys.exit(f"only {len(pairs)} of {_REFERENCES} references can be told apart")
    return pairs


def _leaks(report: Report) -> Iterator[str]:
    (files, memory), (files_after, memory_after) = report.levels
    if files_after > files + _FILES_MORE:
        yield f"the front had {files} files open after a tenth, {files_after} at the end"
    if memory_after > memory * _MEMORY_MORE:
        yield f"the front had {memory:.0f} MiB after a tenth, {memory_after:.0f} MiB at the end"


def _shown(report: Report) -> str:
    rows = [(kind, found, str(count)) for (kind, found), count in sorted(report.counts.items())]
    levels = " -> ".join(f"{files} files, {memory:.0f} MiB" for files, memory in report.levels)
    return "\n".join(
        (
            columns([("request", "answer", "count"), *rows]),
            f"workers killed: {report.kills}; the front: {levels}",
        )
    )


if __name__ == "__main__":
    main()
