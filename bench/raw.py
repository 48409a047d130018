"""The stages of OCR in a loop, without a service around them: what the machine can do.

    python -m bench.raw MODELS PAGES --answers v1.1     right answers, for bench.load --expected
    python -m bench.raw MODELS PAGES                    waits for work, see below

Runs in the serving container's environment. Without --answers it prints a line when it is warm,
then reads two numbers from each line of its input: it answers all pages so many times, with so many
seconds of rest before each, and prints the seconds that each took, as a list of JSON. So several
can be set off together, and rest while something else is measured.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.command import parser
from bench.handler import reader
from bench.pages.folder import read


def main() -> None:
    options = parser("bench.raw", __doc__)
    options.add_argument("models", type=Path, help="directory with model.yaml")
    options.add_argument("pages", type=Path, help="written by bench.pages")
    options.add_argument("--answers", metavar="VERSION", help="print the answers and end")
    chosen = options.parse_args()
    answer = reader(chosen.models)
    images = [sheet.image for sheet in read(chosen.pages)]
    answers = [answer(image).decode() for image in images]
    if chosen.answers:
        print(json.dumps({chosen.answers: answers}, ensure_ascii=False))
        return
    print("warm", flush=True)
    for line in sys.stdin:
        count, rest_s = line.split()
        print(json.dumps(_passes(answer, images, int(count), float(rest_s))), flush=True)


def _passes(
    answer: Callable[[bytes], bytes], images: Sequence[bytes], count: int, rest_s: float
) -> list[float]:
    took = []
    for image in [*images] * count:
        if rest_s:
            time.sleep(rest_s)
        begun = time.perf_counter()
        answer(image)
        took.append(time.perf_counter() - begun)
    return took


if __name__ == "__main__":
    main()
