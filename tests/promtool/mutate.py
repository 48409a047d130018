"""Changes the rules in one place after the other, and shows whether some suite notices.

Every mutant that survives must be explained in `explained.yaml`, every explanation be needed.
An explanation has patterns of the rules and of the changes that it is about.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from tests.explained import Explanation, add_sample, concluded, read, reasons, sampled
from tests.promtool.mutants import Mutant, mutants
from tests.promtool.registry import SUITES
from tests.promtool.run import HERE, failures, only, rules, to_text
from tests.promtool.scenario import Suite

_EXAMPLES = """examples:
  python -m tests.promtool.mutate
  python -m tests.promtool.mutate --family share
  python -m tests.promtool.mutate --sample 100 --seed 7
"""
_NO_RULE = "could not parse expression"
# One start of promtool serves many mutants; few enough that both workers end together.
_BATCH = 40
_WORKERS = 2


EXPLANATIONS = read(HERE / "explained.yaml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when every mutant is noticed or explained, 1 otherwise."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.promtool.mutate",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--family", help="only rule groups of this family")
    add_sample(parser)
    options = parser.parse_args(arguments)
    family = [each for each in mutants(rules()) if options.family in (None, each.family)]
    wanted = sampled(family, options)
    started = time.monotonic()
    stillborn, survivors = survive(wanted)
    explained = {
        each: [e for e in EXPLANATIONS if e.covers(each.rule, each.change)] for each in survivors
    }
    _report(wanted, stillborn, explained)
    print(f"{time.monotonic() - started:.0f} s")
    whole = options.family is None and options.sample is None
    return concluded(EXPLANATIONS, explained.values(), whole=whole)


def survive(wanted: Sequence[Mutant]) -> tuple[list[Mutant], list[Mutant]]:
    """The mutants that are no rules at all, and those that no suite of their rule notices."""
    waiting = iter(wanted)
    batches = list(iter(lambda: list(islice(waiting, _BATCH)), []))
    started = time.monotonic()
    stillborn: list[Mutant] = []
    alive: list[Mutant] = []
    with ThreadPoolExecutor(_WORKERS) as pool:
        for number, (none, unnoticed) in enumerate(pool.map(_run, batches), 1):
            stillborn += none
            alive += unnoticed
            done = min(number * _BATCH, len(wanted))
            print(f"{done} of {len(wanted)}, {time.monotonic() - started:.0f} s", flush=True)
    return stillborn, alive


def _run(batch: Sequence[Mutant]) -> tuple[list[Mutant], list[Mutant]]:
    directory = Path(tempfile.mkdtemp(prefix="mutants-"))
    try:
        tests = {
            f"{number}.{place}": mutant
            for number, mutant in enumerate(batch)
            for place, suite in enumerate(_suites(mutant))
            if _write(directory, f"{number}.{place}", suite, mutant)
        }
        said = failures([Path(f"{name}.tests.yaml") for name in tests], directory, "all")
    finally:
        shutil.rmtree(directory)
    noticed: dict[int, list[str]] = {}
    for file, lines in said.items():
        noticed.setdefault(id(tests[file.removesuffix(".tests.yaml")]), []).extend(lines)
    stillborn = [each for each in batch if _NO_RULE in "".join(noticed.get(id(each), ()))]
    return stillborn, [each for each in batch if id(each) not in noticed]


def _suites(mutant: Mutant) -> Iterator[Suite]:
    for suite in SUITES:
        about = suite.alerts in ("", mutant.name) and mutant.family in suite.groups
        # The one with all rules takes seconds, and is about how they go together.
        if about and suite.name != "whole":
            yield suite


def _write(directory: Path, name: str, suite: Suite, mutant: Mutant) -> bool:
    mutated = only(mutant.applied(rules()), suite)
    if mutated == only(rules(), suite):
        # A renamed alert is not in the suite of its name any more, which is noticed as well.
        return False
    (directory / f"{name}.rules.json").write_text(json.dumps(mutated))
    text = _text(suite.name).replace("RULES", f"{name}.rules.json", 1)
    (directory / f"{name}.tests.yaml").write_text(text)
    return True


@cache
def _text(name: str) -> str:
    suite = next(each for each in SUITES if each.name == name)
    names = [each["name"] for each in only(rules(), suite)["groups"]]
    return to_text(suite.to_dict("RULES", names))


def _report(
    wanted: Sequence[Mutant],
    stillborn: Sequence[Mutant],
    survivors: Mapping[Mutant, Sequence[Explanation]],
) -> None:
    families: dict[str, Any] = dict.fromkeys(each.family for each in wanted)
    columns = [Counter(each.family for each in column) for column in (wanted, stillborn, survivors)]
    print(f"{'family':<22}{'mutants':>9}{'no rule':>9}{'noticed':>9}{'survive':>9}")
    for family in families:
        made, none, alive = (column[family] for column in columns)
        print(f"{family:<22}{made:>9}{none:>9}{made - none - alive:>9}{alive:>9}")
    for mutant, explained in survivors.items():
        print(f"{mutant.rule}: {mutant.change}\n    {reasons(explained)}")


if __name__ == "__main__":
    sys.exit(main())
