"""What the versions read of generated pages, and whether a damaged one shows in its own scores.

    python -m bench.quality
    python -m bench.quality --pages 20 --requests 200
    python -m bench.quality --requests 0 --docs         only the table, also into docs/serving*.md

First the text of each page against its truth: both versions and a damaged one, upright and upside
down. Then v1.2 beside a v1.2 whose recogniser has slightly wrong weights, which answers as fast and
without errors: after how many requests to each do their `paddle_model_quality` histograms differ at
1%, looked at every 50 requests (each look at its share of the 1%)? And two undamaged ones, which
should not.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from bench.command import parser
from bench.docs import put
from bench.quality.accuracy import CHINESE, ENGLISH, measure, table
from bench.quality.served import DAMAGED, models_in, served
from bench.quality.signals import Arm, difference
from local.python_env import ROOT


def main() -> None:
    options = parser("bench.quality", __doc__)
    options.add_argument("--pages", type=int, default=100, help="for the table (default: 100)")
    options.add_argument("--requests", type=int, default=500, help="to each arm (default: 500)")
    options.add_argument("--docs", action="store_true", help="table into docs/serving*.md")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        models = models_in(Path(folder))
        found = measure(models, chosen.pages, lambda line: print(line, file=sys.stderr, flush=True))
        print(table(found, ENGLISH), flush=True)
        if chosen.docs:
            put("bench.quality", table(found, ENGLISH), ROOT / "docs/serving.md")
            put("bench.quality", table(found, CHINESE), ROOT / "docs/serving.zh.md")
        for name in ("v1.2", DAMAGED) if chosen.requests else ():
            with served(models["v1.2"]) as one, served(models[name]) as other:
                seen = difference(Arm(one), Arm(other), chosen.requests)
            print(f"\nv1.2 beside {name}: {seen}", flush=True)


if __name__ == "__main__":
    main()
