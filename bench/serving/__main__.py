"""The serving container against the bare model, and against what teams write first.

    python -m bench.serving                     everything: a quarter of an hour on two cores
    python -m bench.serving --quick             the same in short rounds, with rough figures
    python -m bench.serving --only table        parts: raw, latency, metrics, overload, table
    python -m bench.serving --paddlex "$(python3 -m local.python_env \\
        bench/serving/requirements-paddlex.txt)"    `paddlex --serve` as another row of the table

Medians of rounds in which service and raw take turns. Every answer is compared with what the
handler says when it is called alone. Exits with 1 if a claim does not hold. Leave the machine
alone meanwhile: the generator, the service and whatever else runs share its cores.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from bench.command import parser, tell
from bench.pages.draw import blank, page
from bench.pages.folder import write
from bench.serving import paddlex
from bench.serving.figures import ROW_HEAD, Claim, shown
from bench.serving.measure import Setup, System, against_raw, latency, metrics, overload, table
from bench.serving.processes import BenchError, Loader
from bench.table import columns
from local.python_env import ROOT, environment
from local.server import ServerError
from service.fetch_models import fetch

_PARTS = ("raw", "latency", "metrics", "overload", "table")
_VERSION = "v1.2"


def main() -> int:
    """Exit status: 0 if all claims hold, 1 if one does not, 2 if something does not run; as
    the shell's for signals."""
    chosen = _parser().parse_args()
    # The default ends this process at once, and leaves the servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    tell(f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before the start")
    try:
        with tempfile.TemporaryDirectory(prefix="bench-serving-") as scratch:
            return int(not _measure(_prepared(Path(scratch), chosen.quick), chosen))
    except (BenchError, ServerError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _measure(setup: Setup, chosen: argparse.Namespace) -> bool:
    """Whether all claims hold."""
    rounds, passes, seconds = (3, 1, 12.0) if chosen.quick else (5, 2, 30.0)
    claims: list[Claim] = []
    if "raw" in chosen.only:
        claims += against_raw(setup, rounds, passes)
    if "latency" in chosen.only:
        claims += latency(setup, rounds)
    if "metrics" in chosen.only:
        claims.append(metrics(rounds))
    if "overload" in chosen.only:
        claims += overload(setup, rounds, seconds)
    if claims:
        print(shown(claims), flush=True)
    if "table" in chosen.only:
        print(columns([ROW_HEAD, *table(setup, _systems(setup, chosen.paddlex), passes)]))
    return all(claim.holds for claim in claims)


def _systems(setup: Setup, paddlex_environment: Path | None) -> list[System]:
    systems = [
        System("Flask, one predictor", setup.flask, setup.loader),
        System("the same with a lock", lambda: setup.flask(LOCK="1"), setup.loader),
    ]
    if paddlex_environment is not None:
        folder = setup.models.parent / "paddlex"
        pipeline = paddlex.write(setup.models, folder)
        # It has image processing of its own: right is what is on the page.
        loader = Loader(setup.loader.pages, ("--api", "paddlex"))
        start = partial(paddlex.server, paddlex_environment.resolve(), pipeline, setup.cores)
        systems.append(System("paddlex --serve", start, loader))
    service = partial(setup.service, setup.cores)
    return [*systems, System("this service", service, setup.loader)]


def _prepared(scratch: Path, quick: bool) -> Setup:
    python = environment(ROOT / "service/requirements.txt") / "bin/python"
    models, pages, expected = scratch / "models", scratch / "pages", scratch / "expected.json"
    count = 12 if quick else 24
    tell("fetching the models, drawing the pages, asking the handler for the right answers")
    fetch(models)
    shutil.copy(ROOT / "service/models" / f"{_VERSION}.yaml", models / "model.yaml")
    write(pages, [page(seed) for seed in range(count)])
    write(scratch / "blank", [blank()])
    done = subprocess.run(
        [python, "-m", "bench.raw", models, pages, "--answers", _VERSION],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"bench.raw failed: {done.stderr.decode()[-2000:]}")
    expected.write_bytes(done.stdout)
    return Setup(
        python,
        models,
        _VERSION,
        Loader(pages, ("--expected", expected)),
        Loader(scratch / "blank"),
        count,
        len(os.sched_getaffinity(0)),
        tell,
    )


def _parser() -> argparse.ArgumentParser:
    options = parser("bench.serving", __doc__)
    options.add_argument("--quick", action="store_true", help="short rounds")
    options.add_argument("--only", nargs="+", choices=_PARTS, default=_PARTS, metavar="PART")
    options.add_argument("--paddlex", type=Path, metavar="VENV", help="an environment that has it")
    return options


if __name__ == "__main__":
    sys.exit(main())
