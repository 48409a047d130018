"""The rollout's command line: `python -m rollout --help`."""

from __future__ import annotations

import argparse

from rollout.orders import add_orders, obey
from rollout.replay import add_judge

_EXAMPLES = """\
examples:
  python -m rollout run ocr --to v1.2 --stack prod     release v1.2 of ocr
  python -m rollout run ocr --to v1.2 --stack prod --dry-run
  python -m rollout begin ocr --to v1.2 --stack prod   the same, by the controller in the cluster
  python -m rollout status --stack prod                where every rollout is
  python -m rollout explain ocr --stack prod           why it is there
  python -m rollout abort ocr --stack prod             back to the old version, now
  python -m rollout page --stack prod                  the same and more, in a browser
  python -m rollout record ocr --canary v1.2 --stack prod > trace.csv
  python -m rollout judge trace.csv                    what the judge says of a recorded trace
"""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; its exit status, 2 for a wrong command line."""
    parser = argparse.ArgumentParser(
        prog="python -m rollout",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="name", required=True, metavar="COMMAND")
    add_judge(commands)
    add_orders(commands)
    return obey(parser.parse_args(arguments))
