"""What Prometheus has of two versions of a model, as a trace that the judge can replay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from rollout.judge.samples import ARMS, Arm
from rollout.prometheus import SILENT_AFTER, PodSample


def rows(samples: Sequence[PodSample], arms: Mapping[str, Arm], interval: float) -> Iterator[str]:
    """CSV as `rollout.trace` reads it: a header, then a row for each arm and interval.

    Args:
        samples: scrapes of the model's pods, by time.
        arms: version -> arm; other versions are left out.
        interval: seconds between scrapes. A row has the sums of what each pod of the arm last
            showed up to its time, in Unix seconds.
    """
    bounds = sorted({bound for sample in samples for bound in sample.buckets})
    signals = sorted({signal for sample in samples for signal in sample.bad})
    names = [*(f"le_{bound:g}" for bound in bounds), "le_+Inf", *(f"bad_{s}" for s in signals)]
    yield ",".join(["t", "arm", "requests", "errors", *names])
    newest: dict[str, PodSample] = {}
    for place, scrape in groupby(samples, key=lambda sample: int(sample.at // interval)):
        newest.update((sample.pod, sample) for sample in scrape)
        t = (place + 1) * interval
        for arm in ARMS:
            pods = [
                each
                for each in newest.values()
                if arms.get(each.version) == arm and t - each.at <= SILENT_AFTER * interval
            ]
            if pods:
                yield f"{t:.15g},{arm},{','.join(_sums(pods, bounds, signals))}"


def _sums(
    pods: Sequence[PodSample], bounds: Iterable[float], signals: Iterable[str]
) -> Iterator[str]:
    columns = [
        [each.requests for each in pods],
        [each.errors for each in pods],
        *([each.buckets.get(bound, 0) for each in pods] for bound in bounds),
        [each.observed for each in pods],
        *([each.bad.get(signal, 0) for each in pods] for signal in signals),
    ]
    return (f"{sum(column):.0f}" for column in columns)
