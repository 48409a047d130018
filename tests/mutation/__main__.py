"""Changes the judge and the guard in one place after the other, and shows whether a test notices.

Every mutant that survives must be explained in `explained.yaml`, every explanation be needed.
An explanation has patterns of the places and of the changes that it is about.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import yaml

from tests.mutation.mutants import Mutant, mutants
from tests.mutation.run import outcomes, passes
from tests.mutation.targets import ROOT, Tests, targets

_EXAMPLES = """examples:
  python -m tests.mutation
  python -m tests.mutation --file rollout/judge/rollback.py
  python -m tests.mutation --sample 100 --seed 7
"""


@dataclass(frozen=True)
class Explanation:
    """Why changes make no difference; `place` and `change` are regular expressions."""

    place: str
    change: str
    reason: str

    def covers(self, mutant: Mutant) -> bool:
        """Whether this is about a mutant."""
        return bool(
            re.fullmatch(self.place, mutant.place) and re.search(self.change, mutant.change)
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when every mutant is noticed or explained, 1 otherwise."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--file", choices=targets(), metavar="FILE", help="only this module")
    parser.add_argument("--sample", type=int, metavar="N", help="only so many mutants, by chance")
    parser.add_argument("--seed", type=int, default=1, help="chance of --sample; default 1")
    options = parser.parse_args(arguments)
    wanted = [
        (mutant, tests)
        for file, tests in targets().items()
        if options.file in (None, file)
        for mutant in mutants((ROOT / file).read_text(), file)
    ]
    if options.sample is not None:
        chance = random.Random(options.seed)  # noqa: S311 - reproducible, not secret
        wanted = chance.sample(wanted, min(options.sample, len(wanted)))
    whole = options.file is None and options.sample is None
    return _judged(wanted, whole)


def _judged(wanted: Sequence[tuple[Mutant, Tests]], whole: bool) -> int:
    explanations = [
        Explanation(**each)
        for each in yaml.safe_load(Path(__file__).with_name("explained.yaml").read_text())
    ]
    for file, tests in {frozenset(chain(*tests)): (m.file, tests) for m, tests in wanted}.values():
        if not passes(file, tests):
            print(f"{file}: its tests fail without a mutant; run pytest")
            return 1
    started = time.monotonic()
    explained: dict[Mutant, list[Explanation]] = {}
    for number, (mutant, noticed) in enumerate(outcomes(wanted), 1):
        if not noticed:
            explained[mutant] = [each for each in explanations if each.covers(mutant)]
            reasons = "; ".join(each.reason for each in explained[mutant]) or "NOT EXPLAINED"
            print(f"{mutant.file}:{mutant.line}: {mutant.place}: {mutant.change}\n    {reasons}")
        if number % 50 == 0:
            print(f"{number} of {len(wanted)}, {time.monotonic() - started:.0f} s", flush=True)
    _report([mutant for mutant, _ in wanted], explained)
    used = {each for found in explained.values() for each in found}
    unneeded = [each for each in explanations if whole and each not in used]
    for each in unneeded:
        print(f"explains nothing that survived: {each}")
    return 0 if all(explained.values()) and not unneeded else 1


def _report(wanted: Sequence[Mutant], survivors: Mapping[Mutant, Sequence[Explanation]]) -> None:
    made = Counter(each.file for each in wanted)
    alive = Counter(each.file for each in survivors)
    open_ones = Counter(each.file for each, reasons in survivors.items() if not reasons)
    print(f"{'module':<32}{'mutants':>9}{'noticed':>9}{'explained':>11}{'open':>6}")
    for file, count in made.items():
        told = alive[file] - open_ones[file]
        print(f"{file:<32}{count:>9}{count - alive[file]:>9}{told:>11}{open_ones[file]:>6}")


if __name__ == "__main__":
    sys.exit(main())
