"""Every value of a stack file that a change gives another value, defaults written out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any, Literal

from pydantic import TypeAdapter

from infra.config import StackConfig, show_duration
from infra.config.alerts import ALERTS, OWN
from infra.config.errors import Path
from infra.config.values import Duration
from infra.policy.secrets import looks_like_one

_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)

Topic = Literal["traffic", "routes", "thresholds", "people", "other"]

_TOPICS: Mapping[str, Topic] = {
    "stable": "traffic",
    "canary": "traffic",
    "host": "routes",
    "path": "routes",
    "tls": "routes",
    "match": "routes",
    "slo": "thresholds",
    "alerts": "thresholds",
    "rollout": "thresholds",
    "isolation": "thresholds",
    "owner": "people",
}
_TOPICS_OF_STACK: Mapping[str, Topic] = {
    "dataPlane": "routes",
    "gateway": "routes",
    "ingressClass": "routes",
    "publicUrl": "routes",
    "namespace": "routes",
}
_OF_PEOPLE = ("receivers", "teams", "defaultTeam", "smtp", "deadMansSwitch", "mutes")


@dataclass(frozen=True)
class Change:
    """One value that changes; None where there is none. A secret shows as `[secret]`."""

    path: Path
    before: Any
    after: Any

    @property
    def topic(self) -> Topic:
        """What part of a release the value belongs to."""
        match self.path:
            case ("models", _, key, *_):
                return _TOPICS.get(str(key), "other")
            case ("alerting", "alerts", *_):
                return "thresholds"
            case ("alerting", key, *_) if key in (*_OF_PEOPLE, "workingHours"):
                return "people"
            case (key, *_):
                return _TOPICS_OF_STACK.get(str(key), "other")
        return "other"

    @property
    def loosens(self) -> bool:
        """Whether less is noticed, or noticed later, or a release may go faster than before."""
        if self.path[:2] == ("alerting", "mutes"):
            return self.after is not None
        if self.before is None or self.after is None:
            return False
        looser = _LOOSER.get(str(self.path[-1]))
        is_threshold = self.topic == "thresholds" and looser is not None
        return is_threshold and looser is not None and looser(self.before, self.after)


def changes(before: StackConfig, after: StackConfig) -> list[Change]:
    """Every difference, in the order of the configuration; a whole part is one of them."""
    return [_hidden(each) for each in _differences((), _values(before), _values(after))]


def _differences(path: Path, before: Any, after: Any) -> Iterator[Change]:  # noqa: ANN401
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            yield from _differences((*path, key), before.get(key), after.get(key))
    elif before != after:
        yield Change(path, before, after)


def _hidden(change: Change) -> Change:
    """Without what looks like a secret in plain text: a review goes further than its file."""
    name = str(change.path[-1])
    return Change(change.path, _without(name, change.before), _without(name, change.after))


def _without(name: str, value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Mapping):
        return {key: _without(key, each) for key, each in value.items()}
    return "[secret]" if isinstance(value, str) and looks_like_one(name, value) else value


def _values(config: StackConfig) -> dict[str, Any]:
    values = config.model_dump(mode="json", by_alias=True)
    for scope in (*values["models"].values(), values["alerting"] or {"alerts": {}}):
        for name, tuning in scope["alerts"].items():
            _write_out(name, tuning)
    return values


def _write_out(name: str, tuning: dict[str, Any]) -> None:
    """Put in what the catalogue says where the stack file is silent."""
    alert = ALERTS[name]
    if tuning["for"] is None:
        tuning["for"] = show_duration(alert.hold) or "0s"
    own = alert.threshold is not None and alert.threshold.key == OWN
    if own and alert.threshold is not None and tuning.get("threshold") is None:
        tuning["threshold"] = alert.threshold.default


def _more(before: float, after: float) -> bool:
    return after > before


def _longer(before: str, after: str) -> bool:
    return _span(after) > _span(before)


def _shorter(before: str, after: str) -> bool:
    return _span(after) < _span(before)


def _span(text: str) -> timedelta:
    return timedelta() if text == "0s" else _DURATION.validate_python(text)


def _widest(steps: Sequence[float]) -> float:
    return max(high - low for low, high in pairwise((0, *steps)))


_LOOSER: Mapping[str, Callable[[Any, Any], bool]] = {
    "errorRatio": _more,
    "p99": _longer,
    "trafficDrop": _more,
    "threshold": _more,
    "for": _longer,
    "enabled": lambda before, after: before and not after,
    "window": _shorter,
    "minRequests": lambda before, after: after < before,
    "steps": lambda before, after: _widest(after) > _widest(before),
    "onNoData": lambda _, after: after == "hold",
    "isolation": lambda _, after: after == "shared",
}
