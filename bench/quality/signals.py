"""Whether the scores that two versions give themselves tell them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from bench.pages.draw import page
from bench.quality.ranks import p_value
from bench.quality.served import reader
from local.service import Service

_LOOK = 50
_ALPHA = 0.01
_SIGNALS = ("confidence", "length")

Scores = Mapping[str, Sequence[int]]
"""Observations by bucket, by signal."""


@dataclass
class Arm:
    """A service that reads pages, and how it has scored its answers to them."""

    service: Service
    _before: Scores = field(init=False)

    def __post_init__(self) -> None:
        self._before = _scores(self.service)

    def read(self, seeds: Sequence[int]) -> None:
        """Has the pages of these seeds read, one after the other."""
        read = reader(self.service)
        for seed in seeds:
            read(page(seed))

    def scores(self) -> Scores:
        return {
            signal: [now - before for before, now in zip(self._before[signal], counts, strict=True)]
            for signal, counts in _scores(self.service).items()
        }


def difference(one: Arm, other: Arm, requests: int) -> str:
    """After how many requests two arms differ in a signal, in words.

    Args:
        requests: to each, at most.
    """
    with ThreadPoolExecutor() as arms:
        for sent in range(0, requests, _LOOK):
            # Different pages, as a split of real traffic gives them to the two.
            seeds = [range(first, first + _LOOK) for first in (sent, 10**6 + sent)]
            list(arms.map(Arm.read, (one, other), seeds))
            seen = differing(one.scores(), other.scores(), looks=requests // _LOOK)
            if seen:
                return f"differs in {seen} after {sent + _LOOK} requests to each"
    return f"no difference in {requests} requests to each"


def differing(one: Scores, other: Scores, looks: int) -> str:
    """The first signal in which two differ at 1%, and its p value; empty if none does.

    Args:
        looks: how often this is asked; each has its share of the 1%, as each signal has.
    """
    for signal in _SIGNALS:
        p = p_value(one[signal], other[signal])
        if p < _ALPHA / looks / len(_SIGNALS):
            return f"{signal} (p = {p:.1e})"
    return ""


def _scores(service: Service) -> Scores:
    samples = [
        sample
        for family in text_string_to_metric_families(service.text("/metrics"))
        if family.name == "paddle_model_quality"
        for sample in family.samples
        if sample.name.endswith("_bucket")
    ]
    scores = {}
    for signal in _SIGNALS:
        totals = [int(one.value) for one in samples if one.labels["signal"] == signal]
        scores[signal] = [now - below for below, now in zip([0, *totals], totals, strict=False)]
    return scores
