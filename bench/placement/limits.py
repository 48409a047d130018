"""Limits of Kubernetes: what looks like a violation, and is proven not to be the stack's.

Proof is the order in which the API server wrote what there is (`facts.revision_of`), never a guess:
without it a violation stays one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from bench.placement.facts import Pod, Quota

Series = Sequence[tuple[int, int]]
"""A number as it changed: the revision of each change, in order, and what it was from then on."""

Change = tuple[int, Pod | None, Pod | None]
"""Of a pod: the revision, what it was, and what it is from then on."""


def unseen(one: Pod, other: Pod, existed: Callable[[str, int], bool]) -> bool:
    """Whether the scheduler did not see one of two pods when it gave the other its node.

    It knows the machine of a pod by the labels of its Node object. When that is deleted, the pod
    stays bound until the pods' garbage collector comes, 40 to 60 seconds later, and
    anti-affinity does not see it meanwhile: "a ghost node is skipped from snapshots"
    (https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/scheduler/backend/cache/cache.go).

    Args:
        existed: whether the Node object of a name was there at a revision.
    """
    first, second = sorted((one, other), key=lambda pod: pod.bound)
    if not second.bound or first.node is None or first.node == second.node:
        return False
    return not existed(first.node, second.bound)


def miscounted(requested: Series, counted: Series) -> bool:
    """Whether the last pod was let in on a count that had lost some of those before it.

    Admission adds a pod to the count and creates it then, a moment later. So a count must cover
    what pods request, and those that come later though nobody adds them any more. Only the quota's
    controller lowers it, to what it knows of pods, and that may be a moment old:
    https://github.com/kubernetes/kubernetes/issues/123434. So the count that the last pod met must
    be too low, back to one that was lowered from a count that was not. A quota that does not count
    some pods at all has no such count.
    """
    until = max((at for at, _ in _rises(requested)), default=0)
    created, added = _rises(requested), _rises(counted)
    later: int | None = None
    for begin, count in reversed([each for each in counted if each[0] <= until]):
        unadded = _within(created, begin, until) - _within(added, begin, until)
        if _at(requested, begin) + max(0, unadded) <= count:
            return later is not None and later < count
        later = count
    return False


def _rises(series: Series) -> Series:
    """By how much it rose, where it did."""
    steps = [(at, more - less) for (_, less), (at, more) in pairwise(series)]
    return [(at, step) for at, step in steps if step > 0]


def _within(steps: Series, after: int, until: int) -> int:
    return sum(step for at, step in steps if after < at <= until)


def _at(series: Series, revision: int) -> int:
    return next((value for at, value in reversed(series) if at <= revision), 0)


def requested(quota: Quota, resource: str, changes: Iterable[Change]) -> Series:
    """What the pods under a quota request of a resource together."""
    return list(_sums(quota, resource, changes))


def _sums(quota: Quota, resource: str, changes: Iterable[Change]) -> Iterator[tuple[int, int]]:
    total = 0
    yield 0, total
    for revision, before, after in changes:
        more = _share(quota, resource, after) - _share(quota, resource, before)
        if more:
            total += more
            yield revision, total


def _share(quota: Quota, resource: str, pod: Pod | None) -> int:
    return pod.devices.get(resource, 0) if pod is not None and quota.covers(pod) else 0
