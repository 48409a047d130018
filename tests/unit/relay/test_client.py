"""The way out: to one host, without redirects, proxies or patience, and silent about tokens."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from monitoring.relay import client as client_module
from monitoring.relay.client import Answer, Client, Unreachable
from monitoring.relay.robots.kind import Request

TOKEN = "t0ken-in-the-path"
REQUEST = Request(f"/robot/send?access_token={TOKEN}", b'{"a":1}')

Talk = Callable[[socket.socket], None]


@contextmanager
def listening(talk: Talk, wrap: ssl.SSLContext | None = None) -> Iterator[str]:
    """Answers connections with a function, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                try:
                    with (
                        wrap.wrap_socket(connection, server_side=True) if wrap else connection as it
                    ):
                        talk(it)
                except OSError:
                    pass

        threading.Thread(target=serve, daemon=True).start()
        yield f"http{'s' if wrap else ''}://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def answering(text: str) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(text.replace("\n", "\r\n").encode())

    return talk


def test_an_answer_is_status_and_body() -> None:
    with listening(answering("HTTP/1.1 418 Teapot\nContent-Length: 2\n\nok")) as url:
        assert Client(url).post(REQUEST) == Answer(418, b"ok")


def test_redirects_are_not_followed() -> None:
    asked: list[bytes] = []
    with (
        listening(lambda connection: asked.append(connection.recv(9))) as elsewhere,
        listening(
            answering(f"HTTP/1.1 307 x\nLocation: {elsewhere}\nContent-Length: 0\n\n")
        ) as url,
    ):
        assert Client(url).post(REQUEST).status == 307
    assert asked == []


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with listening(answering("HTTP/1.1 200 OK\nContent-Length: 0\n\n")) as url:
        assert Client(url).post(REQUEST).status == 200


def test_nobody_there_is_certain() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Unreachable) as error:
        Client(f"http://127.0.0.1:{port}").post(REQUEST)
    assert error.value.certain


@pytest.mark.parametrize(
    "talk",
    [
        lambda connection: connection.recv(65536),
        answering("HTTP/1.1 200 OK\nContent-Length: 99\n\n{"),
        answering("nonsense\n\n"),
        answering("HTTP/1.1 200 OK\nContent-Length: x\nTransfer-Encoding: chunked\n\nzz\n"),
    ],
    ids=["closes", "stops", "no http", "bad chunk"],
)
def test_half_an_answer_leaves_a_doubt(talk: Talk) -> None:
    with listening(talk) as url, pytest.raises(Unreachable) as error:
        Client(url).post(REQUEST)
    assert not error.value.certain


def test_a_robot_that_trickles_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_WHOLE_S", 0.5)

    def trickle(connection: socket.socket) -> None:
        connection.recv(65536)
        for _ in range(200):
            connection.sendall(b"X")
            time.sleep(0.1)

    begun = time.monotonic()
    with listening(trickle) as url, pytest.raises(Unreachable) as error:
        Client(url).post(REQUEST)
    assert not error.value.certain
    assert time.monotonic() - begun < 10


def test_an_endless_answer_is_cut() -> None:
    def endless(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with listening(endless) as url:
        assert len(Client(url).post(REQUEST).body) <= 65536


def test_certificates_are_checked(tmp_path: Path) -> None:
    with (
        listening(answering("HTTP/1.1 200 OK\n\n"), _self_signed(tmp_path)) as url,
        pytest.raises(Unreachable) as error,
    ):
        Client(url).post(REQUEST)
    assert error.value.certain
    assert "SSL" in str(error.value)


def test_no_error_and_no_log_has_the_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    urls = ["http://127.0.0.1:1", "http://no-such-host.invalid", "https://127.0.0.1:1"]
    with listening(answering("nonsense\n\n")) as odd, listening(lambda _: None) as closing:
        for url in [*urls, odd, closing]:
            with pytest.raises(Unreachable) as error:
                Client(url).post(REQUEST)
            shown = "".join(map(str, [error.value, repr(error.value), error.getrepr(chain=True)]))
            assert error.value.__cause__ is None
            assert TOKEN not in str(error.value)
            assert error.value.__suppress_context__
            assert TOKEN not in shown.replace(f'TOKEN = "{TOKEN}"', "")
    assert TOKEN not in caplog.text


def _self_signed(directory: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    pem = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    file = directory / "server.pem"
    file.write_bytes(certificate.public_bytes(encoding) + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
