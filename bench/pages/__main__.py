"""Writes pages to look at, and for `python -m bench.load`.

python -m bench.pages /tmp/pages                    24 pages, the same each time
python -m bench.pages /tmp/turned --turned          the same pages, all upside down
"""

from __future__ import annotations

from pathlib import Path

from bench.command import parser
from bench.pages.draw import page
from bench.pages.folder import write


def main() -> None:
    options = parser("bench.pages", __doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--count", type=int, default=24, help="default: 24")
    options.add_argument("--seed", type=int, default=0, help="of the first page (default: 0)")
    way = options.add_mutually_exclusive_group()
    way.add_argument("--turned", action="store_true", default=None, help="all by 180 degrees")
    way.add_argument("--upright", action="store_false", dest="turned", help="none")
    chosen = options.parse_args()
    seeds = range(chosen.seed, chosen.seed + chosen.count)
    write(chosen.folder, [page(seed, chosen.turned) for seed in seeds])


if __name__ == "__main__":
    main()
