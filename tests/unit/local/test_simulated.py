"""A control plane on ports of its own, and how its starting is waited for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from local.cluster.control_plane import control_plane
from local.cluster.layout import Layout
from local.cluster.pki import write_authority
from local.cluster.site import Ports, Site
from local.simulated import client, cluster
from local.simulated.client import Client, RefusedError
from local.simulated.waiting import wait_until

TOOLS = {name: Path("/tools") / name for name in ("etcd", "kubernetes", "kwok")}


def commands(site: Site) -> dict[str, str]:
    return {each.name: " ".join(each.command) for each in control_plane(site, TOOLS)}


def test_an_instance_has_the_ports_that_kubernetes_has_itself() -> None:
    found = commands(Layout("demo").site)
    assert "--secure-port=6443" in found["kube-apiserver"]
    assert "--etcd-servers=http://127.0.0.1:2379" in found["kube-apiserver"]
    assert "--initial-cluster=default=http://127.0.0.1:2380" in found["etcd"]
    assert "--secure-port=10257" in found["kube-controller-manager"]
    assert "--secure-port=10259" in found["kube-scheduler"]


def test_each_listener_has_the_port_that_it_is_given(tmp_path: Path) -> None:
    site = Site("some", tmp_path, "127.0.0.1", Ports(1, 2, 3, 4, 5))
    found = commands(site)
    assert "--secure-port=1 " in found["kube-apiserver"]
    assert "--etcd-servers=http://127.0.0.1:2 " in found["kube-apiserver"]
    assert "--listen-peer-urls=http://127.0.0.1:3 " in found["etcd"]
    assert found["kube-controller-manager"].endswith("--secure-port=4")
    assert found["kube-scheduler"].endswith("--secure-port=5")


def test_everyone_of_the_control_plane_gets_a_kubeconfig_for_it(tmp_path: Path) -> None:
    site = Site("some", tmp_path, "127.0.0.1", Ports(api=7000))
    write_authority(site)
    for user in ("admin", "controller-manager", "scheduler"):
        found = json.loads(site.kubeconfig(user).read_text())
        assert found["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:7000"
        assert (site.pki / f"{user}.crt").stat().st_mode & 0o077 == 0


def test_stages_know_the_annotation_of_a_failed_node() -> None:
    text = Path(cluster.__file__).with_name("stages.yaml").read_text()
    stages = {each["metadata"]["name"]: each["spec"] for each in yaml.safe_load_all(text)}
    for name in ("node-ready", "node-failed"):
        keys = [each["key"] for each in stages[name]["selector"]["matchExpressions"]]
        assert f'.metadata.annotations["{cluster.FAILED}"]' in keys


class Busy(Client):
    """Has no time for the first requests."""

    def __init__(self, site: Site, answers: list[int]) -> None:
        super().__init__(site)
        self.answers = answers

    def _ask_once(self, method: str, path: str, body: str | None = None, kind: str = "") -> bytes:
        status = self.answers.pop(0)
        if status >= 300:
            raise RefusedError(method, path, status, b"")
        return b"{}"


def test_a_busy_api_server_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_AGAIN_S", 0.0)
    site = Site("some", tmp_path, "127.0.0.1")
    assert Busy(site, [500, 504, 503, 200]).get("/api") == {}
    refusing, busy = Busy(site, [404, 200]), Busy(site, [504, 200])
    with pytest.raises(RefusedError):
        refusing.get("/api")
    with pytest.raises(RefusedError):
        busy.create("/api", {})
    assert refusing.answers == busy.answers == [200]


def test_waiting_ends_when_it_holds_or_after_its_time() -> None:
    asked: list[int] = []

    def third() -> bool:
        asked.append(1)
        return len(asked) == 3

    assert wait_until(third, 1, 0.001)
    assert len(asked) == 3
    assert not wait_until(lambda: False, 0.01, 0.001)
