"""What the judge says of the metrics that Prometheus has now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from infra.config import Rollout, StackConfig
from rollout.judge.evidence import verdict
from rollout.judge.judge import fed
from rollout.judge.samples import Arm, Sample, Tally, pod_tallies
from rollout.judge.settings import Settings
from rollout.judge.state import Judge, from_json, next_step, to_json
from rollout.prometheus import SILENT_AFTER, GatewaySample, PodSample, gateway, scrapes
from rollout.sources import Source, SourceAway
from rollout.state import Phase, State

# An objective of no error at all, or of any number, is this far from it for the judge.
_LEAST = 1e-6

# Seconds of stable's past that say how its bad answers clump, before a release begins.
_PAST = 3600


@dataclass(frozen=True)
class Judged:
    """The judge's word on what was seen so far.

    words: why, for people; requests: the canary's at this step; evidence: everything that the
    verdict was computed from; state: of the judge, as JSON, to go on from; fresh: whether anything
    was seen since the last look.
    """

    verdict: Literal["promote", "hold", "rollback"]
    words: str
    requests: int
    evidence: Mapping[str, Any]
    state: str
    fresh: bool = True


class Watcher:
    """Feeds the judge of one rollout from Prometheus."""

    def __init__(self, prometheus: Source, config: StackConfig, model: str) -> None:
        assert config.alerting is not None  # noqa: S101 - `sources` has asked for it
        self._source, self._config, self._model = prometheus, config, model
        self._interval = config.alerting.prometheus.interval.total_seconds()
        self._arms: dict[str, Arm] = {}
        self._share: float | None = None
        self._judge = Judge(Settings())

    def begin(self, state: State, plan: Rollout) -> None:
        """A weight has become live: what was proved for the last one does not count for it."""
        self._follow(state, plan)
        self._judge = next_step(self._judge, self._settings(state, plan))

    def resume(self, state: State, plan: Rollout, saved: str | None) -> None:
        """Go on from the state that another controller has left, or begin."""
        self._follow(state, plan)
        if saved is None:
            self._judge = self._acquainted(Judge(self._settings(state, plan)))
        else:
            self._judge = from_json(saved)

    def look(self) -> Judged:
        """Take in what was scraped since the last look. Raises SourceAway."""
        before = self._judge
        samples = self._samples(round(SILENT_AFTER * self._interval))
        self._judge = fed(self._judge, _newest(samples), self._share)
        found = verdict(self._judge)
        return Judged(
            verdict=found.decision,
            words=found.reason(),
            requests=found.requests,
            evidence=found.as_json(),
            state=to_json(self._judge).decode(),
            fresh=self._judge != before,
        )

    def _acquainted(self, judge: Judge) -> Judge:
        """The judge with stable's last hour; without it, it learns from now on."""
        try:
            samples = [each for each in self._samples(_PAST) if each.arm == "stable"]
        except SourceAway:
            return judge
        samples.sort(key=lambda each: each.t)
        for _, scrape in groupby(samples, key=lambda each: each.t // self._interval):
            judge = fed(judge, _newest(scrape))
        return judge

    def _samples(self, seconds: int) -> list[Sample]:
        """What was scraped in the last `seconds`, of each series by time. Raises SourceAway."""
        where = (self._config.namespace, self._model)
        pods = scrapes(self._source, *where, self._config.models[self._model], seconds)
        routed = gateway(self._source, *where, seconds)
        return [*_pods(pods, self._arms), *_gateway(routed, self._arms)]

    def _follow(self, state: State, plan: Rollout) -> None:
        self._arms = {state.old: "stable", state.new: "canary"}
        match state.phase:
            case Phase.STEP:
                self._share = plan.steps[state.step] / 100
            case Phase.WATCH:
                self._share = 1.0
            case _:
                self._share = 0.0

    def _settings(self, state: State, plan: Rollout) -> Settings:
        watched = state.phase is Phase.WATCH
        ratio = self._config.models[self._model].slo.error_ratio
        warm_up = plan.judge.warm_up
        return Settings(
            alpha=plan.judge.alpha,
            beta=plan.judge.beta,
            error_limit=min(max(ratio, _LEAST), 1 - _LEAST),
            tolerance=plan.judge.tolerated_ratio,
            window=(plan.watch if watched else plan.window).total_seconds(),
            min_requests=plan.min_requests,
            warm_up=0.0 if warm_up is None else warm_up.total_seconds(),
        )


def _newest(samples: Iterable[Sample]) -> list[Sample]:
    """The last of each series."""
    return list({sample.series: sample for sample in samples}.values())


def _pods(pods: Iterable[PodSample], arms: Mapping[str, Arm]) -> Iterator[Sample]:
    for pod in pods:
        if pod.version in arms:
            tallies = pod_tallies(
                round(pod.requests),
                round(pod.errors),
                {f"{bound:g}": round(count) for bound, count in pod.buckets.items()},
                {signal: round(count) for signal, count in pod.bad.items()},
                round(pod.observed),
            )
            yield Sample(pod.pod, arms[pod.version], pod.at, tallies)


def _gateway(samples: Iterable[GatewaySample], arms: Mapping[str, Arm]) -> Iterator[Sample]:
    for each in samples:
        if each.version in arms:
            tally = Tally(round(each.errors), round(each.requests))
            version = each.version
            yield Sample(f"gateway/{version}", arms[version], each.at, {"gateway": tally})
