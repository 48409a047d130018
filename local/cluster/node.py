"""Configuration and command lines of a node: containerd, kubelet, kube-proxy."""

from __future__ import annotations

import json
from pathlib import Path

from local.cluster import mounts, network
from local.cluster.layout import API_ADDRESS, CLUSTER_DOMAIN, Layout, NodeAddress
from local.cluster.supervisor import Process

PAUSE_IMAGE = "paddle-canary.local/pause:1"
_SOCKET = "/run/containerd/containerd.sock"
# As the node sees it; on the machine it is lib/cni/net.d of the node's directory.
_CNI_CONFIGURATION = "/var/lib/cni/net.d"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_CONTAINERD = f"""\
version = 2
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
  address = "{_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  # Lowering a score takes CAP_SYS_RESOURCE, which root lacks in many sandboxes.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{_CNI_CONFIGURATION}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
"""


def enter(node: str) -> list[str]:
    """Prefix of a command that the instance's first process runs on a node."""
    return [
        "nsenter",
        f"--net={network.namespace(node)}",
        f"--mount={mounts.namespace(node)}",
        "--",
    ]


def write_configuration(layout: Layout, node: NodeAddress) -> None:
    directory = layout.node_directory(node.name)
    (directory / "lib/cni/net.d").mkdir(parents=True, exist_ok=True)
    cni = json.dumps(_cni(node), indent=1)
    (directory / "lib/cni/net.d/10-bridge.conflist").write_text(cni)
    (directory / "containerd.toml").write_text(_CONTAINERD)
    (directory / "kubelet.json").write_text(json.dumps(_kubelet(layout, node), indent=1))


def node_processes(layout: Layout, node: NodeAddress, kubernetes: Path) -> list[Process]:
    directory = layout.node_directory(node.name)
    commands = {
        "containerd": ["containerd", f"--config={directory / 'containerd.toml'}"],
        "kubelet": [
            str(kubernetes / "kubelet"),
            f"--config={directory / 'kubelet.json'}",
            f"--kubeconfig={layout.pki / f'{node.name}.kubeconfig'}",
            f"--hostname-override={node.name}",
            f"--node-ip={node.ip}",
        ],
        "kube-proxy": [
            str(kubernetes / "kube-proxy"),
            f"--kubeconfig={layout.pki / 'proxy.kubeconfig'}",
            f"--hostname-override={node.name}",
            "--proxy-mode=iptables",
            # Limits of the machine, not of the node's network namespace: left alone.
            "--conntrack-max-per-core=0",
            "--conntrack-tcp-timeout-established=0",
            "--conntrack-tcp-timeout-close-wait=0",
            "--oom-score-adj=0",
            "--metrics-bind-address=127.0.0.1:10249",
        ],
    }
    return [
        Process(f"{node.name}.{name}", enter(node.name) + command, {"PATH": _PATH})
        for name, command in commands.items()
    ]


def _cni(node: NodeAddress) -> dict[str, object]:
    bridge = {
        "type": "bridge",
        "bridge": "pods",
        "isGateway": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "ranges": [[{"subnet": node.pods, "gateway": node.gateway}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": "pods", "plugins": [bridge, ports]}


def _kubelet(layout: Layout, node: NodeAddress) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": node.ip,
        "healthzBindAddress": "127.0.0.1",
        "authentication": {
            "anonymous": {"enabled": False},
            "x509": {"clientCAFile": str(layout.pki / "ca.crt")},
        },
        "authorization": {"mode": "AlwaysAllow"},
        "tlsCertFile": str(layout.pki / f"{node.name}.crt"),
        "tlsPrivateKeyFile": str(layout.pki / f"{node.name}.key"),
        "containerRuntimeEndpoint": f"unix://{_SOCKET}",
        "volumePluginDir": "/var/lib/kubelet/volume-plugins",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.cgroup}/{node.name}",
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "clusterDNS": [API_ADDRESS],
        "clusterDomain": CLUSTER_DOMAIN,
        # Nothing of the machine's own resolvers.
        "resolvConf": "",
        # No registry to pull an image again from: neither images nor pods go for a full disk.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {
            "memory.available": "100Mi",
            "nodefs.available": "0%",
            "nodefs.inodesFree": "0%",
            "imagefs.available": "0%",
            "imagefs.inodesFree": "0%",
        },
    }
