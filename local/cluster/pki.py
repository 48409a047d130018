"""Keys, certificates and kubeconfigs of an instance; what exists is kept."""

from __future__ import annotations

import datetime
import ipaddress
import json
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from local.cluster.layout import KUBERNETES_SERVICE, Layout
from local.cluster.site import Site

_VALID = datetime.timedelta(days=365)
_USAGES = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]


def write_pki(layout: Layout) -> None:
    """Everything under `layout.pki`, and the administrator's kubeconfig for the host."""
    if layout.kubeconfig.exists():
        return
    site = layout.site
    authority = write_authority(site)
    for node in layout.nodes:
        authority.issue(
            node.name, f"system:node:{node.name}", "system:nodes", hosts=[node.ip, node.name]
        )
        _write_kubeconfig(site, node.name)
    # Last: its presence says that all the rest is there.
    admin = _kubeconfig(site, "admin", f"https://127.0.0.1:{layout.api_port}")
    _write(layout.kubeconfig, admin.encode())


def write_authority(site: Site) -> Authority:
    """The control plane's own keys, certificates and kubeconfigs, and who signs more of them."""
    site.pki.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = Authority(site.pki)
    authority.issue(
        "apiserver", "kube-apiserver", hosts=["127.0.0.1", site.address, KUBERNETES_SERVICE]
    )
    _write_service_account_key(site.pki)
    clients = {
        "admin": ("admin", "system:masters"),
        "controller-manager": ("system:kube-controller-manager", None),
        "scheduler": ("system:kube-scheduler", None),
        "proxy": ("system:kube-proxy", None),
    }
    for name, (user, group) in clients.items():
        authority.issue(name, user, group)
        _write_kubeconfig(site, name)
    return authority


def _write_kubeconfig(site: Site, user: str) -> None:
    _write(site.kubeconfig(user), _kubeconfig(site, user, site.url).encode())


def _kubeconfig(site: Site, user: str, server: str) -> str:
    name = f"paddle-canary-{site.name}"
    cluster = {"server": server, "certificate-authority": str(site.pki / "ca.crt")}
    client = {
        "client-certificate": str(site.pki / f"{user}.crt"),
        "client-key": str(site.pki / f"{user}.key"),
    }
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": user, "user": client}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user}}],
        "current-context": name,
    }
    return json.dumps(document, indent=1)


class Authority:
    """Signs certificates into one directory; its own is `ca.crt` there."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "paddle-canary-ca")])
        certificate = (
            _builder(self._name, self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        _write(directory / "ca.key", _private_pem(self._key))
        _write(directory / "ca.crt", certificate.public_bytes(serialization.Encoding.PEM))

    def issue(
        self, file: str, user: str, group: str | None = None, hosts: list[str] | None = None
    ) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.NameAttribute(NameOID.COMMON_NAME, user)]
        if group:
            names.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
        builder = _builder(x509.Name(names), self._name, key.public_key()).add_extension(
            x509.ExtendedKeyUsage(_USAGES), critical=False
        )
        if hosts:
            alternatives = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
            builder = builder.add_extension(alternatives, critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        _write(self._directory / f"{file}.key", _private_pem(key))
        _write(
            self._directory / f"{file}.crt", certificate.public_bytes(serialization.Encoding.PEM)
        )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # Backdated: a machine's clock may be set back a little while an instance runs.
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + _VALID)
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write_service_account_key(directory: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    _write(directory / "service-account.key", _private_pem(key))


def _private_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
