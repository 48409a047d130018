"""The judge beside an alert rule, Flagger's, Argo Rollouts' and Kayenta's way, on the same traces.

    python -m bench.judge                                    all scenarios, 100 traces each
    python -m bench.judge --traces 20 --only "+1 s"          some of them
    python -m bench.judge --traces 300 --docs                and put the tables into docs/judge.md

Each trace is a release of an hour with stable's hour before it, scraped every 15 s. For faults: how
long until the canary is taken back, beside the least that is possible. For sound and for bad
versions: how often a judge is wrong, with exact 95% bounds. Exit status 1 if a goal is missed.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from bench.command import parser
from bench.docs import put
from bench.judge.goals import missed
from bench.judge.plots import plot
from bench.judge.report import line, tables
from bench.judge.scenarios import SCENARIOS
from bench.judge.trials import tried

_DOCS = Path(__file__).parents[2] / "docs"


def main() -> int:
    """Print the tables; 0 if every goal is reached."""
    options = parser("bench.judge", __doc__)
    options.add_argument("--traces", type=int, default=100, metavar="N", help="of each (100)")
    options.add_argument("--seed", type=int, default=1, help="of all chance; default 1")
    options.add_argument("--only", default="", metavar="TEXT", help="scenarios with it in the name")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    options.add_argument("--docs", action="store_true", help="write tables and figures to docs/")
    chosen = options.parse_args()
    scenarios = [each for each in SCENARIOS if chosen.only in each.name]
    if not scenarios:
        names = "\n  ".join(each.name for each in SCENARIOS)
        options.error(f"--only: found {chosen.only!r}, which is in none of\n  {names}")
    started, results = time.monotonic(), []
    for scenario, found in tried(scenarios, chosen.traces, chosen.seed, chosen.jobs):
        results.append((scenario, found))
        shown = f"[{time.monotonic() - started:4.0f} s] {line(scenario, found)}"
        print(shown, file=sys.stderr, flush=True)
    text = tables(results)
    print(text)
    failures = [each for scenario, found in results for each in missed(scenario, found)]
    for each in failures:
        print(f"MISSED: {each}")
    if chosen.docs:
        plot(results, _DOCS / "figures/judge.svg")
        for document in (_DOCS / "judge.md", _DOCS / "judge.zh.md"):
            put("bench.judge", text, document)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
