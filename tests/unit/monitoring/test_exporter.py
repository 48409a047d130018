"""What the route exporter tells of live objects, and that it tells nothing that may be stale."""

from __future__ import annotations

import datetime
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from prometheus_client import CollectorRegistry, generate_latest

from infra.config import StackConfig
from infra.model import service
from infra.traffic import routes
from monitoring.exporter.api import ApiServer, Unreachable
from monitoring.exporter.collector import Routes
from monitoring.exporter.state import Objects, Plane, State, Version, state
from tests.unit.infra.stacks import stack

Manifest = dict[str, Any]
ENTRY_POINTS = ("web",)


def slices(counts: Mapping[str, Sequence[bool | None]]) -> list[Manifest]:
    """An EndpointSlice for each Service, with the readiness of its pods."""
    return [
        {
            "metadata": {
                "name": f"{name}-abc",
                "labels": {
                    "kubernetes.io/service-name": name,
                    "paddle-canary.dev/model": "ocr",
                },
            },
            "endpoints": [
                {
                    "addresses": [f"10.0.0.{place}"],
                    "conditions": {} if ready is None else {"ready": ready},
                    "targetRef": {"kind": "Pod", "name": f"{name}-{place}"},
                }
                for place, ready in enumerate(pods)
            ],
        }
        for name, pods in counts.items()
    ]


def objects(
    config: StackConfig, counts: Mapping[str, Sequence[bool | None]] | None = None
) -> Objects:
    versions = config.models["ocr"].versions
    return Objects(
        routes(config, "ocr"),
        [service(config, "ocr", version) for version in versions],
        slices(counts or {}),
    )


def read(config: StackConfig, **counts: Sequence[bool | None]) -> State:
    found = {name.replace("_", "-"): pods for name, pods in counts.items()}
    return state(objects(config, found), config.data_plane, ENTRY_POINTS)


@pytest.mark.parametrize("gateway", [False, True], ids=["ingress", "gateway"])
def test_each_version_has_its_share_its_track_and_its_ready_pods(gateway: bool) -> None:
    config = stack("v1.1", {"v1.2": 5}, gateway=gateway)
    found = read(config, ocr_v1_1=[True, True, False], ocr_v1_2=[None])
    assert found.versions == (
        Version("ocr", "v1.1", "stable", 95, 2),
        Version("ocr", "v1.2", "canary", 5, 1),
        Version("ocr", "v1.3", "canary", 0, 0),
    )
    assert not found.unreadable


def test_two_canaries_each_have_their_weight() -> None:
    found = read(stack("v1.1", {"v1.2": 5, "v1.3": 2.5}))
    assert [each.weight for each in found.versions] == [92.5, 5, 2.5]


def test_a_model_without_routes_has_no_weight_but_ready_pods() -> None:
    config = stack("v1.1", gateway=False)
    found = state(
        replace(objects(config, {"ocr-v1-1": [True]}), routes=[]), "ingress", ENTRY_POINTS
    )
    assert found.versions[0] == Version("ocr", "v1.1", "stable", None, 1)
    assert not found.slots
    assert not found.unreadable


def test_a_route_to_a_service_that_is_not_ours_is_told_under_its_name() -> None:
    config = stack("v1.1", {"v1.2": 5}, gateway=False)
    live = objects(config)
    main = next(each for each in live.routes if each["metadata"]["name"] == "ocr")
    path = main["spec"]["rules"][0]["http"]["paths"][0]
    path["backend"]["service"]["name"] = "elsewhere"
    found = state(live, "ingress", ENTRY_POINTS)
    assert Version("ocr", "elsewhere", "", 95, None) in found.versions


def test_routes_in_a_shape_that_is_not_ours_are_told_as_unreadable_and_spare_other_models() -> None:
    live = objects(stack("v1.1", {"v1.2": 5}))
    spoilt = {"metadata": {"name": "layout", "labels": {"paddle-canary.dev/model": "layout"}}}
    found = state(replace(live, routes=[*live.routes, spoilt]), "gateway", ENTRY_POINTS)
    assert found.unreadable == {"layout"}
    assert [each.weight for each in found.versions if each.model == "ocr"] == [95, 5, 0]


def test_a_copy_of_a_service_under_another_name_counts_for_nothing() -> None:
    config = stack("v1.1", gateway=False)
    live = objects(config)
    copy = service(config, "ocr", "v1.1")
    copy["metadata"]["name"] = "debug"
    assert state(replace(live, services=[*live.services, copy]), "ingress", ()) == state(
        live, "ingress", ()
    )


def test_a_pod_with_two_addresses_counts_once() -> None:
    config = stack("v1.1", gateway=False)
    twice = slices({"ocr-v1-1": [True]}) * 2
    found = state(replace(objects(config), endpoint_slices=twice), "ingress", ENTRY_POINTS)
    assert found.versions[0].ready == 1


def test_the_slots_of_an_ingress_carry_the_name_of_the_stable_service() -> None:
    assert read(stack("v1.1", {"v1.2": 5}, gateway=False)).slots == {
        "paddle-models-ocr-ocr-v1-1-http@kubernetesingressnginx": ("ocr", "v1.1"),
        "paddle-models-ocr-ocr-v1-1-http-canary@kubernetesingressnginx": ("ocr", "v1.2"),
    }


def test_without_a_canary_both_slots_lead_to_stable() -> None:
    assert set(read(stack("v1.2", gateway=False)).slots.values()) == {("ocr", "v1.2")}


def test_an_http_route_has_a_slot_for_each_backend_of_each_rule_on_each_entry_point() -> None:
    config = stack("v1.1", {"v1.2": 5}, edits={"match": {"header": "X-Canary"}})
    found = state(objects(config), "gateway", ["web", "websecure"])
    key = "httproute-paddle-models-ocr-gw-traefik-public-ep"
    assert found.slots == {
        f"{key}-{entry}-{rule}-svc-paddle-models-{name}-{place}@kubernetesgateway": (
            "ocr",
            version,
        )
        for entry in ("web", "websecure")
        for rule, name, place, version in [
            (0, "ocr-v1-2", 0, "v1.2"),
            (1, "ocr-v1-1", 0, "v1.1"),
            (2, "ocr-v1-1", 0, "v1.1"),
            (2, "ocr-v1-2", 1, "v1.2"),
        ]
    }


def scrape(collector: Routes) -> str:
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry).decode()


def test_series_carry_the_uniform_labels() -> None:
    text = scrape(Routes(["paddle-models"], lambda _: read(stack("v1.1", {"v1.2": 5}))))
    labels = '{model="ocr",namespace="paddle-models",track="canary",version="v1.2"}'
    assert f"paddle_canary_weight{labels} 5.0" in text
    assert f"paddle_canary_ready_endpoints{labels} 0.0" in text
    assert 'paddle_canary_route_info{model="ocr",namespace="paddle-models",slot="httproute-' in text


def test_nothing_is_told_of_routes_while_the_cluster_is_away_but_since_when() -> None:
    answers: list[State | Unreachable] = [read(stack("v1.1", {"v1.2": 5})), Unreachable("away")]
    times = iter([1000.0])

    def ask(_: str) -> State:
        answer = answers.pop(0)
        if isinstance(answer, Unreachable):
            raise answer
        return answer

    collector = Routes(["paddle-models"], ask, lambda: next(times))
    assert "paddle_canary_weight{" in scrape(collector)
    later = scrape(collector)
    assert "paddle_canary_weight{" not in later
    assert "paddle_canary_ready_endpoints{" not in later
    assert "paddle_canary_route_info{" not in later
    assert "paddle_canary_exporter_last_success_timestamp_seconds 1000.0" in later


def test_it_never_succeeded_is_told_as_zero() -> None:
    def away(_: str) -> State:
        raise Unreachable("away")

    assert "last_success_timestamp_seconds 0.0" in scrape(Routes(["paddle-models"], away))


class Cluster(ThreadingHTTPServer):
    """An API server with TLS; `answer` gives status and body for a path and its query."""

    def __init__(self, account: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(account / "ca.crt", account / "key")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.answer: Callable[[str, Mapping[str, list[str]]], tuple[int, bytes]] = _nothing
        self.tokens: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Cluster

    def do_GET(self) -> None:
        self.server.tokens.append(self.headers["Authorization"])
        parts = urlsplit(self.path)
        status, body = self.server.answer(parts.path, parse_qs(parts.query))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the output of the tests clean."""


def _nothing(_path: str, _query: Mapping[str, list[str]]) -> tuple[int, bytes]:
    return 200, json.dumps({"items": []}).encode()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "ca.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (tmp_path / "token").write_text("hush-1\n")
    with Cluster(tmp_path) as running:
        threading.Thread(target=running.serve_forever, args=[0.01], daemon=True).start()
        yield running
        running.shutdown()


def api(cluster: Cluster, tmp_path: Path) -> ApiServer:
    return ApiServer("localhost", cluster.server_port, tmp_path)


@pytest.mark.parametrize(
    ("plane", "path"),
    [
        ("ingress", "/apis/networking.k8s.io/v1/namespaces/models/ingresses"),
        ("gateway", "/apis/gateway.networking.k8s.io/v1/namespaces/models/httproutes"),
    ],
)
def test_only_objects_of_models_in_the_namespace_are_asked_for(
    cluster: Cluster, tmp_path: Path, plane: Plane, path: str
) -> None:
    asked = []

    def answer(path: str, query: Mapping[str, list[str]]) -> tuple[int, bytes]:
        asked.append((path, query["labelSelector"]))
        return _nothing(path, query)

    cluster.answer = answer
    api(cluster, tmp_path).objects("models", plane)
    assert asked == [
        (each, ["paddle-canary.dev/model"])
        for each in (
            path,
            "/api/v1/namespaces/models/services",
            "/apis/discovery.k8s.io/v1/namespaces/models/endpointslices",
        )
    ]


def test_long_lists_are_read_to_their_end(cluster: Cluster, tmp_path: Path) -> None:
    def answer(path: str, query: Mapping[str, list[str]]) -> tuple[int, bytes]:
        if "continue" in query:
            return 200, json.dumps({"metadata": {}, "items": [{"n": 2}]}).encode()
        more = {"metadata": {"continue": "more"}, "items": [{"n": 1}]}
        return 200, json.dumps(more).encode()

    cluster.answer = answer
    assert list(api(cluster, tmp_path).objects("models", "ingress").services) == [
        {"n": 1},
        {"n": 2},
    ]


def test_a_renewed_token_is_used_at_once(cluster: Cluster, tmp_path: Path) -> None:
    server = api(cluster, tmp_path)
    server.objects("models", "ingress")
    (tmp_path / "token").write_text("hush-2")
    server.objects("models", "ingress")
    assert (cluster.tokens[0], cluster.tokens[-1]) == ("Bearer hush-1", "Bearer hush-2")


@pytest.mark.parametrize(
    "answer",
    [(403, b"{}"), (500, b""), (200, b"<html>"), (200, b"[]"), (200, b'{"kind": "Status"}')],
)
def test_whatever_is_no_list_is_no_answer(
    cluster: Cluster, tmp_path: Path, answer: tuple[int, bytes]
) -> None:
    cluster.answer = lambda *_: answer
    with pytest.raises(Unreachable, match="GET /apis/networking"):
        api(cluster, tmp_path).objects("models", "ingress")


def test_an_api_server_that_nobody_vouches_for_is_not_believed(
    cluster: Cluster, tmp_path: Path
) -> None:
    with pytest.raises(Unreachable, match="certificate"):
        ApiServer("127.0.0.1", cluster.server_port, tmp_path).objects("models", "ingress")


def test_an_api_server_that_is_away_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        ApiServer("127.0.0.1", 1, tmp_path).objects("models", "ingress")
