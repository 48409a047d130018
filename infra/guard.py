"""Which change of traffic is allowed.

The guard compares the split that the stack file asks for with what the last update left behind
and says, before anything is changed, what it refuses:

* a canary's weight goes up by one step of the plan at a time, and not before the window of the
  weight it has is over;
* a new stable is a version that was the canary at the last step for a whole window, or the stable
  before this one (going back);
* the image of a version stays what it is while requests reach it: other content is another version.

Going down is always allowed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from infra.config import Model, Rollout, show_duration
from infra.split import Split, percent


@dataclass(frozen=True)
class Record:
    """What the last update left of one model.

    `since` says for every version in the split when its present role and weight began (UTC),
    `previous` is the stable before this one, unless that one was taken back or has changed since,
    `images` are the images of those versions,
    `corrected` is when the live routes were last found to be other than the update before had
    left them (UTC), None if never.
    """

    split: Split
    since: Mapping[str, datetime]
    previous: str | None
    images: Mapping[str, str]
    corrected: datetime | None = None


def wanted_split(model: Model) -> Split:
    """The split that the stack file asks for."""
    return Split(model.stable, dict(model.canary))


def traffic_refusals(name: str, model: Model, last: Record | None, now: datetime) -> list[str]:
    """Every reason why the split that the stack file asks for may not follow `last`.

    `last` is None for a model that has never been deployed: nothing is refused then.
    """
    if last is None:
        return []
    return [
        *_stable_refusals(name, model, last, now),
        *_weight_refusals(name, model, last, now),
    ]


def image_refusals(name: str, model: Model, last: Record | None) -> list[str]:
    """Every version whose image may not change: requests reach it, or would without a canary."""
    if last is None:
        return []
    return [
        f'models.{name}.versions["{version}"].image: found {model.versions[version].image} in '
        f"place of {image}, to which requests go; write the old image, and give the new one a "
        f"version of its own"
        for version, image in last.images.items()
        if version in model.versions
        and model.versions[version].image != image
        and (last.split.share(version) > 0 or version == model.stable)
    ]


def advance(model: Model, last: Record | None, now: datetime) -> Record:
    """The record that the update leaves, once it has succeeded.

    A version whose role and weight stay as they were keeps its clock, so that an update that
    changes nothing leaves an equal record.
    """
    split = wanted_split(model)
    since = _clocks(last, split, now)
    previous = _unchanged(_previous(split.stable, last), model, last)
    images = {
        version: model.versions[version].image
        for version in model.versions
        if version in since or version == previous
    }
    return Record(split, since, previous, images, last.corrected if last else None)


def as_found(last: Record | None, live: Split | None, now: datetime) -> Record | None:
    """The record corrected by what the cluster really routes.

    An update that was interrupted, a roll-back that patched the live weight and a change by hand
    all leave the last outputs behind the truth. Where the two differ the cluster is right, and the
    clock of what differs starts now: nobody knows since when it has been so.
    """
    if live is None or (last is not None and live == last.split):
        return last
    since = _clocks(last, live, now)
    if last is None:
        return Record(live, since, None, {})
    return Record(live, since, _previous(live.stable, last), last.images, corrected=now)


def _clocks(last: Record | None, split: Split, now: datetime) -> dict[str, datetime]:
    """Since when each version of `split` has its role and weight: `now` for what is new in it."""
    return {
        version: last.since[version]
        if last is not None and _same_place(version, last.split, split)
        else now
        for version in (split.stable, *split.canary)
    }


def _same_place(version: str, before: Split, after: Split) -> bool:
    role_kept = (version == before.stable) == (version == after.stable)
    known = version == before.stable or version in before.canary
    # Stable's share is what the canaries leave: its clock tells since when it is stable.
    weight_kept = version == after.stable or before.share(version) == after.share(version)
    return known and role_kept and weight_kept


def _previous(stable: str, last: Record | None) -> str | None:
    if last is None:
        return None
    if stable == last.split.stable:
        return last.previous
    # A version that was taken back has to go through canary again: it is not remembered.
    return None if stable == last.previous else last.split.stable


def _unchanged(previous: str | None, model: Model, last: Record | None) -> str | None:
    """Forget a previous stable whose content is gone: going back must bring back what it was."""
    if previous is None or last is None or previous not in model.versions:
        return None
    return previous if model.versions[previous].image == last.images.get(previous) else None


def _stable_refusals(name: str, model: Model, last: Record, now: datetime) -> Iterator[str]:
    before = last.split
    new = model.stable
    if new in (before.stable, last.previous):
        return
    path = f"models.{name}.stable"
    full = model.rollout.steps[-1]
    share = before.canary.get(new, 0)
    if share < full:
        yield (
            f"{path}: found {new}, which has {percent(share)}% of the requests and never was a "
            f"full canary; keep {before.stable} and raise the canary step by step: "
            f"canary: {{{new}: {percent(_next_step(model.rollout, share))}}}"
        )
        return
    yield from _window_refusals(path, new, last, model.rollout, now)


def _weight_refusals(name: str, model: Model, last: Record, now: datetime) -> Iterator[str]:
    for version, weight in model.canary.items():
        share = last.split.share(version)
        if weight <= share:
            continue
        path = f'models.{name}.canary["{version}"]'
        highest = _next_step(model.rollout, share)
        if weight > highest:
            yield (
                f"{path}: found {percent(weight)}; from {percent(share)}% the next step is "
                f"{percent(highest)}%; write {percent(highest)} or less"
            )
        elif share > 0:
            yield from _window_refusals(path, version, last, model.rollout, now)


def _window_refusals(
    path: str, version: str, last: Record, plan: Rollout, now: datetime
) -> Iterator[str]:
    observed = now - last.since[version]
    if observed < plan.window:
        over = last.since[version] + plan.window
        yield (
            f"{path}: {version} has had {percent(last.split.share(version))}% for "
            f"{_spoken(observed)} of its {show_duration(plan.window)} window; wait "
            f"{show_duration(plan.window - observed)}, until {over:%Y-%m-%d %H:%M:%S} UTC"
        )


def _next_step(plan: Rollout, share: float) -> float:
    return next((step for step in plan.steps if step > share), plan.steps[-1])


def _spoken(span: timedelta) -> str:
    return show_duration(timedelta(seconds=max(0, round(span.total_seconds())))) or "0s"
