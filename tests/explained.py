"""What commands that try mutants share: chance, and why some mutants make no difference."""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import yaml

_T = TypeVar("_T")


@dataclass(frozen=True)
class Explanation:
    """Why changes make no difference; `place` and `change` are regular expressions."""

    place: str
    change: str
    reason: str

    def covers(self, place: str, change: str) -> bool:
        """Whether this is about a mutant."""
        return bool(re.fullmatch(self.place, place) and re.search(self.change, change))


def read(file: Path) -> list[Explanation]:
    """The explanations of a YAML file."""
    return [Explanation(**each) for each in yaml.safe_load(file.read_text())]


def reasons(explanations: Sequence[Explanation]) -> str:
    """In words, of those that cover one mutant."""
    return "; ".join(each.reason for each in explanations) or "NOT EXPLAINED"


def add_sample(parser: argparse.ArgumentParser) -> None:
    """Add the options that `sampled` reads."""
    parser.add_argument("--sample", type=int, metavar="N", help="only so many mutants, by chance")
    parser.add_argument("--seed", type=int, default=1, help="chance of --sample; default 1")


def sampled(wanted: Sequence[_T], options: argparse.Namespace) -> Sequence[_T]:
    """As many as were asked for."""
    if options.sample is None:
        return wanted
    chance = random.Random(options.seed)  # noqa: S311 - reproducible, not secret
    return chance.sample(wanted, min(options.sample, len(wanted)))


def concluded(
    explanations: Sequence[Explanation],
    survivors: Collection[Sequence[Explanation]],
    *,
    whole: bool,
) -> int:
    """Exit status: 0 when every survivor is explained, and on a whole run no explanation idle."""
    used = {each for covering in survivors for each in covering}
    unneeded = [each for each in explanations if whole and each not in used]
    for each in unneeded:
        print(f"explains nothing that survived: {each}")
    return 0 if all(survivors) and not unneeded else 1
