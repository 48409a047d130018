"""Command lines of etcd and of the Kubernetes control plane."""

from __future__ import annotations

from pathlib import Path

from local.cluster.layout import SERVICE_RANGE
from local.cluster.site import Site
from local.cluster.supervisor import Process


def control_plane(site: Site, tools: dict[str, Path]) -> list[Process]:
    kubernetes = tools["kubernetes"]
    return [
        Process("etcd", [str(tools["etcd"] / "etcd"), *_etcd(site)]),
        Process("kube-apiserver", [str(kubernetes / "kube-apiserver"), *_api_server(site)]),
        Process(
            "kube-controller-manager",
            [str(kubernetes / "kube-controller-manager"), *_controller_manager(site)],
        ),
        Process("kube-scheduler", [str(kubernetes / "kube-scheduler"), *_scheduler(site)]),
    ]


def _etcd_url(site: Site) -> str:
    return f"http://127.0.0.1:{site.ports.etcd}"


def _etcd(site: Site) -> list[str]:
    clients, peers = _etcd_url(site), f"http://127.0.0.1:{site.ports.etcd_peers}"
    return [
        f"--data-dir={site.state / 'etcd'}",
        f"--listen-client-urls={clients}",
        f"--advertise-client-urls={clients}",
        f"--listen-peer-urls={peers}",
        f"--initial-advertise-peer-urls={peers}",
        f"--initial-cluster=default={peers}",
        # Nothing here outlives the machine, and laptops' disks are slow to sync.
        "--unsafe-no-fsync",
    ]


def _api_server(site: Site) -> list[str]:
    pki = site.pki
    return [
        f"--etcd-servers={_etcd_url(site)}",
        f"--advertise-address={site.address}",
        f"--secure-port={site.ports.api}",
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


def _controller_manager(site: Site) -> list[str]:
    kubeconfig = site.kubeconfig("controller-manager")
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--root-ca-file={site.pki / 'ca.crt'}",
        f"--service-account-private-key-file={site.pki / 'service-account.key'}",
        "--use-service-account-credentials",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={site.ports.controller_manager}",
    ]


def _scheduler(site: Site) -> list[str]:
    kubeconfig = site.kubeconfig("scheduler")
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={site.ports.scheduler}",
    ]
