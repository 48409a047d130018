"""Changes the judge and the guard in one place after the other, and shows whether a test notices.

Every mutant that survives must be explained in `explained.yaml`, every explanation be needed.
An explanation has patterns of the places and of the changes that it is about.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from tests.explained import Explanation, add_sample, concluded, read, reasons, sampled
from tests.mutation.mutants import Mutant, mutants
from tests.mutation.run import outcomes, passes
from tests.mutation.targets import ROOT, Tests, targets

_EXAMPLES = """examples:
  python -m tests.mutation
  python -m tests.mutation --file rollout/judge/rollback.py
  python -m tests.mutation --sample 100 --seed 7
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when every mutant is noticed or explained, 1 otherwise."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--file", choices=targets(), metavar="FILE", help="only this module")
    add_sample(parser)
    options = parser.parse_args(arguments)
    wanted = [
        (mutant, tests)
        for file, tests in targets().items()
        if options.file in (None, file)
        for mutant in mutants((ROOT / file).read_text(), file)
    ]
    whole = options.file is None and options.sample is None
    return _judged(sampled(wanted, options), whole)


def _judged(wanted: Sequence[tuple[Mutant, Tests]], whole: bool) -> int:
    explanations = read(Path(__file__).with_name("explained.yaml"))
    for file, tests in {frozenset(chain(*tests)): (m.file, tests) for m, tests in wanted}.values():
        if not passes(file, tests):
            print(f"{file}: its tests fail without a mutant; run pytest")
            return 1
    started = time.monotonic()
    explained: dict[Mutant, list[Explanation]] = {}
    for number, (mutant, noticed) in enumerate(outcomes(wanted), 1):
        if not noticed:
            covering = [e for e in explanations if e.covers(mutant.place, mutant.change)]
            explained[mutant] = covering
            print(f"{mutant.file}:{mutant.line}: {mutant.place}: {mutant.change}")
            print(f"    {reasons(covering)}")
        if number % 50 == 0:
            print(f"{number} of {len(wanted)}, {time.monotonic() - started:.0f} s", flush=True)
    _report([mutant for mutant, _ in wanted], explained)
    return concluded(explanations, explained.values(), whole=whole)


def _report(wanted: Sequence[Mutant], survivors: Mapping[Mutant, Sequence[Explanation]]) -> None:
    made = Counter(each.file for each in wanted)
    alive = Counter(each.file for each in survivors)
    open_ones = Counter(each.file for each, covering in survivors.items() if not covering)
    print(f"{'module':<32}{'mutants':>9}{'noticed':>9}{'explained':>11}{'open':>6}")
    for file, count in made.items():
        told = alive[file] - open_ones[file]
        print(f"{file:<32}{count:>9}{count - alive[file]:>9}{told:>11}{open_ones[file]:>6}")


if __name__ == "__main__":
    sys.exit(main())
