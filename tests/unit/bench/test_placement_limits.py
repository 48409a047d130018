"""What is excused as a limit of Kubernetes, and that nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.placement.facts import Pod, Quota
from bench.placement.limits import Series, miscounted, requested, unseen

GPU = "nvidia.com/gpu"
STABLE = Pod("1", "stable", "n", {}, node="vm-stable", bound=10)
CANARY = Pod("2", "canary", "n", {}, node="vm-canary", bound=50)


def absent(since: int, until: int, name: str = "vm-stable") -> bool:
    """Whether the two are excused, where a Node object was not there between two revisions."""

    def existed(node: str, revision: int) -> bool:
        return node != name or not since <= revision < until

    assert unseen(CANARY, STABLE, existed) == unseen(STABLE, CANARY, existed)
    return unseen(STABLE, CANARY, existed)


def test_a_pod_on_a_node_that_was_gone_is_not_seen() -> None:
    assert absent(40, 60)


@pytest.mark.parametrize(
    ("since", "until", "name"),
    [
        (0, 0, "vm-stable"),
        (20, 50, "vm-stable"),
        (51, 90, "vm-stable"),
        (40, 60, "vm-canary"),
        (40, 60, "elsewhere"),
    ],
    ids=["always there", "back before", "gone after", "the later one's own", "another"],
)
def test_the_same_placement_is_a_violation_where_the_node_was_there(
    since: int, until: int, name: str
) -> None:
    assert not absent(since, until, name)


def test_a_pod_on_the_same_node_was_seen() -> None:
    """It cannot be bound to a node that is not there: that one went in between."""
    assert not unseen(STABLE, replace(CANARY, node="vm-stable"), lambda node, revision: False)


def test_the_node_of_the_later_pod_does_not_matter() -> None:
    late = replace(STABLE, bound=60)
    assert not unseen(late, CANARY, lambda node, revision: node != "vm-stable")


def test_which_of_two_was_first_must_be_known() -> None:
    before = replace(STABLE, bound=0)
    assert unseen(before, CANARY, lambda node, revision: node != "vm-stable")
    assert not unseen(before, replace(CANARY, bound=0), lambda node, revision: False)


# Admission counts a pod before it is there: 3 at revision 10, the pod at 11.
RIGHT: Series = [(4, 1), (6, 2), (10, 3)]
THREE: Series = [(0, 0), (5, 1), (7, 2), (11, 3)]


def test_a_count_that_lost_a_pod_is_a_limit() -> None:
    # 12: the controller, which does not know of 11 yet, counts 2. So a fourth is let in at 14.
    assert miscounted([*THREE, (14, 4)], [*RIGHT, (12, 2), (13, 3)])


def test_a_count_that_lost_a_pod_before_it_was_there_is_a_limit() -> None:
    early: Series = [(4, 1), (6, 2), (9, 3), (10, 2)]
    assert miscounted([*THREE, (14, 4)], [*early, (13, 3)])


def test_a_count_that_lost_a_pod_is_a_limit_also_while_pods_come_late() -> None:
    # All are created when the count has been raised again, the lost one, of 9, among them.
    late: Series = [(0, 0), (5, 1), (7, 2), (10, 1), (20, 2), (21, 3), (22, 4)]
    counts: Series = [(4, 1), (6, 2), (9, 3), (11, 1), (12, 2), (13, 3)]
    assert miscounted(late, counts)
    # All that are created were added: somebody has lowered the quota.
    assert not miscounted(late[:-1], counts)


def test_a_count_that_is_put_right_later_was_wrong_before() -> None:
    assert miscounted([*THREE, (14, 4)], [*RIGHT, (12, 2), (13, 3), (20, 4)])


@pytest.mark.parametrize(
    ("there", "counted"),
    [
        ([*THREE, (14, 4)], [*RIGHT, (13, 4)]),
        ([*THREE, (12, 2), (14, 3), (16, 4)], [*RIGHT, (13, 2), (14, 3), (15, 4)]),
        ([*THREE, (14, 4)], []),
        ([*THREE, (14, 4)], [(3, 0)]),
        ([*THREE, (14, 4)], [(4, 0), (6, 1), (10, 2), (13, 3)]),
        ([*THREE, (14, 4)], [(4, 0), (6, 1), (10, 2), (12, 1), (13, 2)]),
        ([*THREE, (14, 4)], [*RIGHT, (13, 4), (15, 2)]),
    ],
    ids=[
        "counted right, and let in",
        "counted right after one had left",
        "not counted",
        "some are never counted",
        "one is never counted",
        "one is never counted, and one has left",
        "miscounted only afterwards",
    ],
)
def test_too_much_that_kubernetes_counted_is_a_violation(there: Series, counted: Series) -> None:
    assert not miscounted(there, counted)


def test_what_a_quota_covers_is_summed_in_the_order_of_its_changes() -> None:
    quota = Quota("canary", "n", frozenset(["low"]), {GPU: 2})
    one = Pod("1", "a", "n", {}, devices={GPU: 2}, priority_class="low")
    placed = replace(one, node="x")
    others = [replace(one, priority_class="high"), replace(one, namespace="m")]
    changes = [
        (3, None, one),
        (4, one, placed),
        *((5, None, each) for each in others),
        (6, placed, None),
    ]
    assert requested(quota, GPU, changes) == [(0, 0), (3, 2), (6, 0)]
    assert requested(quota, "other", changes) == [(0, 0)]
