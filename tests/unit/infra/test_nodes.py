"""Nodes that pools name and the cluster lacks are found before anything is declared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.config import node_names
from infra.live import Access, ClusterError
from infra.node_pools import pool_objects
from infra.nodes import explain, missing_nodes, without
from tests.api_server import Server, cluster, kubeconfig, refusing, serving
from tests.unit.infra.stacks import stack


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def access(server: Server) -> Access:
    return Access(kubeconfig(server.url))


def test_nodes_that_are_there_are_not_missed(server: Server) -> None:
    server.answer = cluster([], ["node-0", "node-1"])
    assert missing_nodes(stack(), access(server)) == {}


def test_a_node_that_is_not_there_is_named_with_its_pool(server: Server) -> None:
    server.answer = cluster([], ["node-0"])
    missing = missing_nodes(stack(), access(server))
    assert missing == {"gpu": ["node-1"]}
    assert explain(missing).startswith("nodePools.gpu.nodes: the cluster has no node node-1;")


def test_a_user_who_may_not_list_nodes_is_told_so(server: Server) -> None:
    server.answer = refusing(403)
    with pytest.raises(ClusterError, match="does not let us list nodes"):
        missing_nodes(stack(), access(server))


def test_a_stack_without_its_missing_nodes_keeps_everything_else() -> None:
    config = stack()
    left = without(config, {"gpu": ["node-1"]})
    assert node_names(left.node_pools["gpu"]) == ()
    assert left.models == config.models


def test_stacks_own_what_they_put_on_a_node_apart_so_that_none_takes_it_from_another() -> None:
    other = stack().model_copy(update={"namespace": "other"})
    managers = [
        {
            patch["metadata"]["annotations"]["pulumi.com/patchFieldManager"]
            for patch in pool_objects(each, "gpu")
        }
        for each in (stack(), other)
    ]
    assert not managers[0] & managers[1]
