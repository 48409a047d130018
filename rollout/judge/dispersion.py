"""How much bad answers clump, learnt from each arm's own history.

Whether five errors in a minute are five events or one decides how much they prove. Until the counts
have shown which, every dispersion counts as possible; what they show to be unlikely, the judge
stops fearing. Each arm is compared with itself over time, so that a canary that is worse does not
look like one that clumps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rollout.judge.likelihood import DISPERSIONS, concentration, shares, split
from rollout.judge.samples import NO_TALLY, Arm, Tally

# History makes a dispersion at most e^4.5 times less plausible than the best: incidents that never
# showed in days may begin now, and have to be believed then. It may make one e^9 times less
# plausible that would take larger or more incidents than begin unheard of.
_FLOOR = -4.5

# Requests that an incident hits, times the share of all answers that are made bad by incidents:
# 20 and 2%. Where half of the answers are called bad anyway, as above a low bound of latency, even
# these hardly clump.
_UNHEARD_OF = 0.4

# One interval speaks for at most e^3: when the rate itself changes, which is no clump, its counts
# look like one.
_ONE_INTERVAL = 3.0

# Counts are compared within so many intervals, or more until there are so many bad answers, and
# then anew, since rates drift over the day.
_BLOCK = 8

# Share of its weight in the rate that an older interval keeps: half of the rate is the last 20.
_MEMORY = 0.5 ** (1 / 20)


@dataclass(frozen=True, slots=True)
class Block:
    """What an arm counted lately, and in how many intervals."""

    counts: Tally = NO_TALLY
    intervals: int = 0


@dataclass(frozen=True, slots=True)
class Dispersion:
    """What is known of one signal.

    Attributes:
        plausible: ln of how plausible each of DISPERSIONS is, against the best, 0.
        blocks: recent counts, by arm.
        bad, total: recent counts of both arms, weighted; their ratio is the rate.
    """

    plausible: tuple[float, ...] = (0.0,) * len(DISPERSIONS)
    blocks: Mapping[Arm, Block] = field(default_factory=dict)
    bad: float = 0.0
    total: float = 0.0


def learnt(known: Dispersion, counted: Mapping[Arm, Tally]) -> Dispersion:
    """What is known after another interval of one arm or both."""
    bad = known.bad * _MEMORY + sum(tally.bad for tally in counted.values())
    total = known.total * _MEMORY + sum(tally.total for tally in counted.values())
    plausible, blocks = known.plausible, dict(known.blocks)
    for arm, tally in counted.items():
        block = blocks.get(arm, Block())
        plausible = _weighed(plausible, tally, block.counts, bad / total if total else 0.0)
        blocks[arm] = _continued(block, tally)
    return Dispersion(plausible, blocks, bad, total)


def rate(known: Dispersion) -> float:
    """Bad answers per answer, of late; 0 where there were none."""
    return known.bad / known.total if known.total else 0.0


def floored(logs: list[float], floor: float, rate: float) -> tuple[float, ...]:
    """Plausibilities of DISPERSIONS against the best, none below what it can fall to.

    Args:
        floor: the least of a dispersion that incidents may begin to cause; twice of others.
        rate: bad answers per answer that is usual.
    """
    best = max(logs)
    return tuple(
        [
            max(log - best, floor if (dispersion - 1) * rate <= _UNHEARD_OF else 2 * floor)
            for log, dispersion in zip(logs, DISPERSIONS, strict=True)
        ]
    )


def _continued(block: Block, tally: Tally) -> Block:
    counts, intervals = block.counts + tally, block.intervals + 1
    return Block() if intervals >= _BLOCK and counts.bad >= _BLOCK else Block(counts, intervals)


def _weighed(
    plausible: tuple[float, ...], now: Tally, before: Tally, usual: float
) -> tuple[float, ...]:
    """Plausibilities after an arm's newest interval was compared with those before."""
    found = now.bad + before.bad
    if found < 2 or not (now.total and before.total):
        return plausible
    between = [shares(now.total, before.total)]
    expected = usual * (now.total + before.total)
    logs = [
        split(now.bad, before.bad, between, concentration(expected, found, dispersion))[0]
        for dispersion in DISPERSIONS
    ]
    best = max(logs)
    return floored(
        [told + max(log - best, -_ONE_INTERVAL) for told, log in zip(plausible, logs, strict=True)],
        _FLOOR,
        usual,
    )
