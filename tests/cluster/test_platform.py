"""The embedded platform itself: it serves, it goes on after a kill, it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import doctor, toolchain
from local.cluster.cgroups import hierarchies
from local.cluster.layout import NODES, Layout
from local.cluster.record import running

ROOT = Path(__file__).parents[2]
LAYOUT = Layout("platform-test")
NAMESPACE = "default"


@pytest.fixture(scope="module")
def before() -> Iterator[dict[str, object]]:
    """What instances leave on the machine, while there is none of ours; nor is there afterwards."""
    findings = doctor.examine(doctor.look(LAYOUT))
    missing = [found for found in findings if found.verdict is doctor.Verdict.MISSING]
    if missing:
        stop = pytest.fail if os.environ.get("CI") else pytest.skip
        stop(f"this machine cannot run the cluster tests:\n{doctor.report(missing)}")
    _local("down")
    yield _traces()
    _local("down")


@pytest.fixture
def instance(before: dict[str, object]) -> None:
    """The instance is up, from the test before if that left it so."""
    if running(LAYOUT) is None:
        _local("up")


@pytest.fixture
def servers(instance: None) -> None:
    """Web servers on both nodes answer."""
    _kubectl("apply", "-f", "-", stdin=json.dumps(_web_servers()))
    _kubectl("wait", "--for=condition=Ready", "--timeout=60s", "pod", *NODES)


def test_up_goes_on_where_a_killed_one_stopped(before: dict[str, object]) -> None:
    _local("down")
    _kill_up_after(2.0)

    _local("up")

    assert _local("status").returncode == 0


def test_pods_on_both_nodes_answer_through_both_data_planes(servers: None) -> None:
    for node in NODES:
        assert _answer(f"{node}.ingress.example.com") == node
        assert _answer(f"{node}.gateway.example.com") == node
    nodes = json.loads(_kubectl("get", "nodes", "-o", "json"))["items"]
    assert [node["status"]["allocatable"]["nvidia.com/gpu"] for node in nodes] == ["4", "4"]


@pytest.mark.parametrize("suffix", ["", ".default", ".default.svc.cluster.local"])
def test_a_pod_reaches_a_service_by_its_name(servers: None, suffix: str) -> None:
    here, there = NODES

    assert _in_pod(here, f"print(urlopen('http://{there}{suffix}').read().decode())") == there


def test_a_pod_is_told_at_once_that_a_name_outside_does_not_exist(servers: None) -> None:
    script = (
        "start = time.monotonic()\n"
        "try: socket.getaddrinfo('example.com', 80)\n"
        "except socket.gaierror as e: print(e.errno == socket.EAI_NONAME, end=' ')\n"
        "print(time.monotonic() - start < 2)"
    )

    assert _in_pod(NODES[0], script) == "True True"


def test_accelerators_are_advertised_again_by_a_kubelet_that_was_killed(instance: None) -> None:
    for pid in _processes("--hostname-override=gpu-node-1", "kubelet"):
        os.kill(pid, signal.SIGKILL)
    time.sleep(2)

    _eventually(lambda: _local("status", check=False).returncode == 0, 60)


def test_up_after_the_first_process_was_killed_finds_the_cluster_as_it_was(instance: None) -> None:
    _kubectl("create", "configmap", "memory")
    record = running(LAYOUT)
    assert record

    record.kill()
    _local("up")

    assert _kubectl("get", "configmap", "memory", "-o", "name").strip() == "configmap/memory"


def test_down_leaves_nothing(before: dict[str, object], servers: None) -> None:
    _local("down")

    assert _traces() == before


@pytest.mark.parametrize("seconds", [0.2, 1.0, 3.0, 6.0])
def test_down_removes_what_a_killed_up_has_made(before: dict[str, object], seconds: float) -> None:
    _local("down")
    _kill_up_after(seconds)

    _local("down")

    assert _traces() == before


def _kill_up_after(seconds: float) -> None:
    """SIGKILL to `up` that long after it began to start the instance."""
    with subprocess.Popen(
        [sys.executable, "-m", "local", "up", "--name", LAYOUT.name],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        while "starting instance" not in (line := process.stderr.readline()):
            assert line, "`up` ended before it started anything"
        time.sleep(seconds)
        process.kill()


def _traces() -> dict[str, object]:
    rules = _output("iptables-save").splitlines()
    return {
        "processes": _processes(LAYOUT.name),
        "mounts": [line.split()[4:] for line in Path("/proc/self/mountinfo").open()],
        "links": _output("ip", "-oneline", "link"),
        "network namespaces": _output("ip", "netns", "list"),
        "rules": [rule for rule in rules if rule.startswith("-A")],
        "cgroups": [str(path) for root in hierarchies() for path in root.glob(LAYOUT.cgroup)],
        "directories": [path for path in (LAYOUT.state, LAYOUT.run) if path.exists()],
    }


def _processes(*words: str) -> list[int]:
    """Those of the instance, by what only its command lines or environments hold."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            command = (directory / "cmdline").read_text()
            ours = LAYOUT.cgroup in (directory / "cgroup").read_text()
        except OSError:
            continue
        if (ours or LAYOUT.name in command) and all(word in command for word in words):
            found.append(int(directory.name))
    return found


def _web_servers() -> dict[str, object]:
    """On each node a server that answers with the node's name, routed by Ingress and HTTPRoute."""
    items: list[dict[str, object]] = []
    for node in NODES:
        meta = {"name": node, "labels": {"server": node}}
        script = f"mkdir -p /tmp/w; echo {node} > /tmp/w/index.html; cd /tmp/w; exec python3 -m"
        container = {
            "name": "web",
            "image": "paddle-canary.local/ocr:v1.1",
            "command": ["sh", "-c", f"{script} http.server 8000"],
            "resources": {"limits": {"nvidia.com/gpu": "1"}},
        }
        host = {"kubernetes.io/hostname": node}
        backend = {"name": node, "port": 80}
        path = {
            "path": "/",
            "pathType": "Prefix",
            "backend": {"service": {"name": node, "port": {"number": 80}}},
        }
        items += [
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": meta,
                "spec": {"nodeSelector": host, "containers": [container]},
            },
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": meta,
                "spec": {
                    "selector": {"server": node},
                    "ports": [{"port": 80, "targetPort": 8000}],
                },
            },
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "Ingress",
                "metadata": meta,
                "spec": {
                    "ingressClassName": "nginx",
                    "rules": [{"host": f"{node}.ingress.example.com", "http": {"paths": [path]}}],
                },
            },
            {
                "apiVersion": "gateway.networking.k8s.io/v1",
                "kind": "HTTPRoute",
                "metadata": meta,
                "spec": {
                    "parentRefs": [{"name": "paddle-canary", "namespace": "traefik"}],
                    "hostnames": [f"{node}.gateway.example.com"],
                    "rules": [{"backendRefs": [backend]}],
                },
            },
        ]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _answer(host: str) -> str:
    """What the gateway answers for `host`, once it answers with 200."""
    answers: list[str] = []

    def answered() -> bool:
        request = urllib.request.Request(LAYOUT.url, headers={"Host": host})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
                answers.append(answer.read().decode().strip())
        except OSError:
            return False
        return True

    _eventually(answered, 60)
    return answers[0]


def _eventually(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s"
        time.sleep(0.3)


def _in_pod(pod: str, script: str) -> str:
    """What Python prints in a pod."""
    imports = "import socket, time\nfrom urllib.request import urlopen\n"
    return _kubectl("exec", pod, "--", "python3", "-c", imports + script).strip()


def _local(command: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "local", command, "--name", LAYOUT.name], cwd=ROOT, check=check
    )


def _kubectl(*arguments: str, stdin: str | None = None) -> str:
    kubectl = toolchain.places(["kubernetes"])["kubernetes"] / "kubectl"
    done = subprocess.run(
        [str(kubectl), f"--kubeconfig={LAYOUT.kubeconfig}", "-n", NAMESPACE, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
