"""`python -m rollout judge`: what the judge would have said of a recorded trace, line by line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from rollout.judge.evidence import verdict
from rollout.judge.judge import fed
from rollout.judge.settings import Settings
from rollout.judge.state import Judge
from rollout.judge.verdict import Verdict
from rollout.trace import BadTrace, Scrape, read_trace

EXIT = {"promote": 0, "rollback": 1, "hold": 2}
BAD_INPUT = 3

_HELP = {
    "alpha": "chance of rolling back a canary that is no worse",
    "beta": "chance of passing a canary that is as bad as the limits",
    "error_limit": "share of failed requests at which a canary is bad",
    "tail_limit": "share of slow or poor answers that passes without a comparison",
    "tolerance": "ratio of bad answers, canary to stable, that is no worse",
    "share_loss": "share of its traffic that the canary may miss",
    "window": "least seconds of the step",
    "min_requests": "fewest requests to the canary",
    "warm_up": "seconds after a pod was first seen that are not judged",
}
DESCRIPTION = """\
Replays a trace and prints one JSON line for each scrape, with t, verdict (promote, hold, rollback)
and the evidence so far; stops at the first final verdict.

Columns: t (seconds), arm (stable or canary), requests, errors, then cumulative buckets
le_<seconds>, share (what the canary is configured to get: 0 to 1, or in percent where any value is
above 1) and bad_<signal> (answers beyond a quality bound), as many as there are. All counters are
raw and may restart. Rows may be missing, and in any order.

Exit status: 0 promote, 1 rollback, 2 hold at the end, 3 bad input (with the number of its line).
"""
EXAMPLES = """\
examples:
  python -m rollout judge trace.csv
  python -m rollout judge trace.csv --alpha 0.001 --window 600
  python -m rollout judge - < trace.csv | tail -1 | jq .reason
"""


def add_judge(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to a parser; it sets `order`."""
    parser = commands.add_parser(
        "judge",
        help="replay a recorded trace",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="CSV file; - reads standard input")
    for each in fields(Settings):
        parser.add_argument(
            f"--{each.name.replace('_', '-')}",
            type=int if each.name == "min_requests" else float,
            default=each.default,
            metavar="N",
            help=f"{_HELP[each.name]} (default {each.default})",
        )
    parser.set_defaults(order=replay)


def replay(options: argparse.Namespace) -> int:
    """Run the command; the exit status."""
    try:
        settings = Settings(**{each.name: getattr(options, each.name) for each in fields(Settings)})
        scrapes = _read(options.file)
    except OSError as error:
        print(f"{options.file}: {error.strerror}; write the path of a trace", file=sys.stderr)
        return BAD_INPUT
    except BadTrace as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return BAD_INPUT
    except ValueError as error:
        print(f"--{str(error).replace('_', '-', 1)}", file=sys.stderr)
        return BAD_INPUT
    decision = "hold"
    for found in verdicts(settings, scrapes):
        print(json.dumps(found.as_json()), flush=True)
        decision = found.decision
    return EXIT[decision]


def verdicts(settings: Settings, scrapes: list[Scrape]) -> Iterator[Verdict]:
    """The verdict after each scrape, up to the first that is final."""
    judge = Judge(settings)
    for scrape in scrapes:
        judge = fed(judge, scrape.samples, scrape.share)
        found = verdict(judge)
        yield found
        if found.decision != "hold":
            return


def _read(file: str) -> list[Scrape]:
    if file == "-":
        return read_trace(sys.stdin)
    with Path(file).open(encoding="utf-8", newline="") as lines:
        return read_trace(lines)
