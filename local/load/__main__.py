"""Load from the command line: `python -m local.load --help`."""

from __future__ import annotations

import argparse
import os
import sys
import time

from local.load.answers import latency, tally
from local.load.client import Target
from local.load.generator import Load, pages

_REPORT_SECONDS = 5.0


def main() -> int:
    """Exit status: 0 if no request failed, 1 otherwise."""
    arguments = _parser().parse_args()
    failed = 0
    with Load(Target(arguments.url, arguments.host), pages(), arguments.rate) as load:
        end = load.mark() + arguments.seconds
        try:
            while (mark := load.mark()) < end:
                time.sleep(min(_REPORT_SECONDS, end - mark))
                answers = load.since(mark)
                counted = tally(answers)
                failed += counted.failed
                shares = "  ".join(f"{v} {counted.share(v):.1f}%" for v in sorted(counted.versions))
                p99 = f"p99 {1000 * latency(answers, 0.99):.0f} ms" if counted.versions else ""
                reasons = " ".join(f"({kind}: {n})" for kind, n in counted.failures.items())
                line = f"sent {counted.sent}  failed {counted.failed} {reasons}"
                print(f"{line}  {shares}  {p99}", flush=True)
        except KeyboardInterrupt:
            pass
    return int(failed > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.load",
        description="Sends receipts to the OCR model at a fixed rate and shows who reads them.",
    )
    default = os.environ.get("PADDLE_CANARY_URL")
    parser.add_argument(
        "--url",
        default=default,
        required=default is None,
        help="the gateway (default: $PADDLE_CANARY_URL)",
    )
    parser.add_argument("--host", default="ocr.example.com", help="the model's (%(default)s)")
    parser.add_argument("--rate", type=float, default=5, help="requests a second (%(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help="how long (%(default)s)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
