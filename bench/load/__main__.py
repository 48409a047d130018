"""Sends pages to a serving container, and judges every answer.

examples:
  python -m bench.pages /tmp/pages
  python -m bench.load http://127.0.0.1:8000 --pages /tmp/pages --rate 10 --seconds 60
      requests arrive 10 times a second on average, whatever becomes of them
  python -m bench.load http://127.0.0.1:8000 --pages /tmp/pages --clients 4 --requests 500
      four clients, each of which sends the next when the last is answered
  ... --expected reference.json
      right is what the model says when it is called alone, as `python -m bench.raw --answers`
      writes it: {version: [answer to each page]}; without it, right is what is on the page

Latency counts from when a request was due, so that one which had to wait for its turn is not
hidden. Exits with 1 if an answer was wrong or none came.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from bench.command import parser
from bench.load.apis import APIS
from bench.load.arrivals import poisson
from bench.load.generate import Generator
from bench.load.judge import Judge, against_reference, against_truth, through
from bench.load.report import dump, shown
from bench.pages.folder import Sheet, read


def main() -> int:
    """Exit status: 0 if every answer that came was right, and all came."""
    chosen = _parser().parse_args()
    sheets = read(chosen.pages)
    address = urlsplit(chosen.url)
    if address.hostname is None or (chosen.rate is None) == (chosen.clients is None):
        sys.exit("give a URL such as http://127.0.0.1:8000, and --rate or --clients")
    api = APIS[chosen.api]
    generator = Generator(
        address.hostname,
        address.port or 80,
        [api.request(sheet) for sheet in sheets],
        through(api.answer, _judge(sheets, chosen.expected, chosen.similarity)),
    )
    if chosen.rate is not None:
        arrivals = poisson(chosen.rate, chosen.seconds, chosen.seed)
        report = generator.open(arrivals, chosen.seconds)
    else:
        report = generator.closed(chosen.clients, chosen.requests)
    print(dump(report) if chosen.json else shown(report))
    unanswered = sum(not status.isdecimal() for status in report.statuses)
    return int(report.wrong > 0 or unanswered > 0)


def _judge(sheets: Sequence[Sheet], expected: Path | None, least: float) -> Judge:
    if expected is None:
        return against_truth([sheet.lines for sheet in sheets], least)
    answers = json.loads(expected.read_text(encoding="utf-8"))
    return against_reference(
        {version: [text.encode() for text in texts] for version, texts in answers.items()}
    )


def _parser() -> argparse.ArgumentParser:
    options = parser("bench.load", __doc__)
    options.add_argument("url", help="the server")
    options.add_argument("--pages", type=Path, required=True, help="written by bench.pages")
    options.add_argument("--rate", type=float, help="arrivals a second")
    options.add_argument("--seconds", type=float, default=30, help="of arrivals (default: 30)")
    options.add_argument("--seed", type=int, default=0, help="of the arrivals (default: 0)")
    options.add_argument("--clients", type=int, help="at a time, instead of a rate")
    options.add_argument("--requests", type=int, default=200, help="of all clients (default: 200)")
    options.add_argument("--expected", type=Path, help="right answers of each version")
    options.add_argument(
        "--similarity",
        type=float,
        default=0.9,
        help="to the page's text, from which an answer is right (default: 0.9)",
    )
    options.add_argument("--api", choices=APIS, default="infer", help="whose (default: infer)")
    options.add_argument("--json", action="store_true", help="every reply, for bench.serving")
    return options


if __name__ == "__main__":
    sys.exit(main())
