"""Reading the live routes from a server that answers, refuses, hangs, is something else, is away.

The server is a real one on this machine, and speaks to the real client.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from infra import live
from infra.live import Access, ClusterError, read
from infra.release import Memory
from infra.split import Split
from infra.traffic import routes
from tests.api_server import Handler, Server, kubeconfig, listing, refusing, serving
from tests.unit.infra.stacks import record, stack

INGRESSES = "/apis/networking.k8s.io/v1/namespaces/paddle-models/ingresses"
HTTP_ROUTES = "/apis/gateway.networking.k8s.io/v1/namespaces/paddle-models/httproutes"


def hanging(handler: Handler) -> None:
    handler.server.released.wait()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def access(server: Server) -> Access:
    return Access(kubeconfig(server.url))


def refusal(way: Access, *, gateway: bool = False) -> str:
    with pytest.raises(ClusterError) as error:
        read(stack(gateway=gateway), way, Memory({}))
    assert "nothing was changed" in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(("gateway", "path"), [(False, INGRESSES), (True, HTTP_ROUTES)])
def test_live_splits_are_read_with_the_time_of_the_cluster(
    server: Server, gateway: bool, path: str
) -> None:
    config = stack(canary={"v1.2": 5}, gateway=gateway)
    server.answer = listing(routes(config, "ocr"))
    found = read(config, access(server), Memory({}))
    assert found.splits == {"ocr": Split("v1.1", {"v1.2": 5})}
    assert found.now == datetime(2026, 11, 23, 12, tzinfo=UTC)
    (asked,) = server.asked
    assert urlsplit(asked).path == path


def test_only_routes_that_belong_to_a_model_are_asked_for(server: Server) -> None:
    read(stack(gateway=False), access(server), Memory({}))
    (selector,) = parse_qs(urlsplit(server.asked[0]).query)["labelSelector"]
    assert set(selector.split(",")) == {
        "app.kubernetes.io/managed-by=paddle-canary",
        "paddle-canary.dev/model",
    }


def test_a_version_that_left_the_stack_file_is_known_from_the_memory(server: Server) -> None:
    server.answer = listing(routes(stack(canary={"v1.2": 5}), "ocr"))
    memory = Memory({"ocr": record(canary={"v1.2": 5})})
    found = read(stack(versions=["v1.1"]), access(server), memory)
    assert found.splits["ocr"] == Split("v1.1", {"v1.2": 5})


def test_a_model_that_is_not_there_yet_has_no_split(server: Server) -> None:
    assert read(stack(gateway=False), access(server), Memory({})).splits == {}


def test_a_kubeconfig_may_be_a_path(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(kubeconfig(server.url))
    assert read(stack(), Access(str(path)), Memory({})).splits == {}


@pytest.mark.parametrize("status", [401, 403])
def test_a_user_without_rights_is_told_so(server: Server, status: int) -> None:
    server.answer = refusing(status)
    message = refusal(access(server))
    assert f"the cluster {server.url} does not let us list ingresses.networking.k8s.io" in message
    assert f"({status} " in message
    assert "check the rights of the user in the kubeconfig" in message


def test_a_cluster_without_the_gateway_api_is_told_so(server: Server) -> None:
    server.answer = refusing(404)
    message = refusal(access(server), gateway=True)
    assert "does not know httproutes.gateway.networking.k8s.io" in message
    assert "install the Gateway API CRDs, or write dataPlane: ingress" in message


def test_a_server_that_does_not_even_know_ingresses_is_the_wrong_one(server: Server) -> None:
    server.answer = refusing(404)
    message = refusal(access(server))
    assert "CRDs" not in message
    assert "check that KUBECONFIG or kubernetes:context names the right one" in message


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_cluster_in_trouble_is_not_taken_for_missing_rights(server: Server, status: int) -> None:
    server.answer = refusing(status)
    message = refusal(access(server))
    assert f"({status} " in message
    assert "rights" not in message
    assert "try again" in message


def test_a_page_in_place_of_an_api_is_told_so(server: Server) -> None:
    server.answer = lambda handler: handler.send(200, b"<html>log in</html>", "text/html")
    assert f"{server.url} does not answer as a cluster does" in refusal(access(server))


def test_a_cluster_that_hangs_is_away_after_the_time_limit(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "TIMEOUT", (0.2, 0.2))
    server.answer = hanging
    assert f"the cluster {server.url} does not answer" in refusal(access(server))


def test_a_cluster_that_refuses_connections_is_away() -> None:
    with Server() as gone:
        url = gone.url
    message = refusal(Access(kubeconfig(url)))
    assert f"the cluster {url} does not answer (" in message
    assert "Connection refused" in message


def test_a_name_that_does_not_resolve_is_away() -> None:
    assert "does not answer (" in refusal(Access(kubeconfig("http://cluster.invalid:6443")))


def test_an_absent_kubeconfig_is_told_so(tmp_path: Path) -> None:
    assert "no cluster to deploy to (" in refusal(Access(str(tmp_path / "absent")))


def test_a_context_that_the_kubeconfig_lacks_is_told_so(server: Server) -> None:
    message = refusal(Access(kubeconfig(server.url), "elsewhere"))
    assert "elsewhere" in message


@pytest.mark.parametrize("content", ["- no\n- map\n", "{broken: \n", "plain\ntext\n", "\n"])
def test_a_kubeconfig_that_is_none_is_told_so(content: str) -> None:
    assert "no cluster to deploy to (" in refusal(Access(content))
