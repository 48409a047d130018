"""Command lines of etcd and of the Kubernetes control plane."""

from __future__ import annotations

from pathlib import Path

from local.cluster.layout import API_ADDRESS, API_PORT, SERVICE_RANGE, Layout
from local.cluster.supervisor import Process

_ETCD = "http://127.0.0.1:2379"
_ETCD_PEERS = "http://127.0.0.1:2380"


def control_plane(layout: Layout, tools: dict[str, Path]) -> list[Process]:
    kubernetes = tools["kubernetes"]
    return [
        Process("etcd", [str(tools["etcd"] / "etcd"), *_etcd(layout)]),
        Process("kube-apiserver", [str(kubernetes / "kube-apiserver"), *_api_server(layout)]),
        Process(
            "kube-controller-manager",
            [str(kubernetes / "kube-controller-manager"), *_controller_manager(layout)],
        ),
        Process("kube-scheduler", [str(kubernetes / "kube-scheduler"), *_scheduler(layout)]),
    ]


def _etcd(layout: Layout) -> list[str]:
    return [
        f"--data-dir={layout.state / 'etcd'}",
        f"--listen-client-urls={_ETCD}",
        f"--advertise-client-urls={_ETCD}",
        f"--listen-peer-urls={_ETCD_PEERS}",
        f"--initial-advertise-peer-urls={_ETCD_PEERS}",
        f"--initial-cluster=default={_ETCD_PEERS}",
        # Nothing here outlives the machine, and laptops' disks are slow to sync.
        "--unsafe-no-fsync",
    ]


def _api_server(layout: Layout) -> list[str]:
    pki = layout.pki
    return [
        f"--etcd-servers={_ETCD}",
        f"--advertise-address={API_ADDRESS}",
        f"--secure-port={API_PORT}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--service-account-key-file={pki / 'service-account.key'}",
        f"--service-account-signing-key-file={pki / 'service-account.key'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--authorization-mode=Node,RBAC",
        # Pod Security is one of the plugins that are on by default.
        "--enable-admission-plugins=NodeRestriction",
        f"--kubelet-certificate-authority={pki / 'ca.crt'}",
        f"--kubelet-client-certificate={pki / 'admin.crt'}",
        f"--kubelet-client-key={pki / 'admin.key'}",
        "--kubelet-preferred-address-types=InternalIP",
    ]


def _controller_manager(layout: Layout) -> list[str]:
    kubeconfig = layout.pki / "controller-manager.kubeconfig"
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--root-ca-file={layout.pki / 'ca.crt'}",
        f"--service-account-private-key-file={layout.pki / 'service-account.key'}",
        "--use-service-account-credentials",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
    ]


def _scheduler(layout: Layout) -> list[str]:
    kubeconfig = layout.pki / "scheduler.kubeconfig"
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
    ]
