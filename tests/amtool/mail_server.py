"""A mail server that demands TLS and a password, and keeps what it gets."""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ADDRESS = "127.0.0.1"


class MailServer:
    """Speaks as much of SMTP (RFC 5321, STARTTLS, AUTH PLAIN) as a client needs to send mail."""

    def __init__(self, user: str, password: str, context: ssl.SSLContext) -> None:
        self.mail: list[tuple[list[str], EmailMessage]] = []
        self.port = 0
        self._login = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
        self._context = context

    async def serve(self, ready: threading.Event, over: asyncio.Event) -> None:
        """Serve until it is over; `port` is known when ready."""
        server = await asyncio.start_server(self._talk, ADDRESS, 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await over.wait()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(*lines: str) -> None:
            writer.writelines(f"{line}\r\n".encode() for line in lines)

        secure, known, recipients = False, False, list[str]()
        say("220 ready")
        while line := (await reader.readline()).decode().strip():
            match line.split(maxsplit=2):
                case ["EHLO", *_]:
                    say("250-hello", "250 AUTH PLAIN" if secure else "250 STARTTLS")
                case ["STARTTLS"]:
                    say("220 go on")
                    await writer.start_tls(self._context)
                    secure = True
                case ["AUTH", "PLAIN", login] if secure:
                    known = login == self._login
                    say("235 welcome" if known else "535 who are you?")
                case ["RCPT", address] if known:
                    recipients.append(address.removeprefix("TO:").strip("<>"))
                    say("250 fine")
                case ["DATA"] if known:
                    say("354 go on")
                    content = await reader.readuntil(b"\r\n.\r\n")
                    message = BytesParser(EmailMessage, policy=default).parsebytes(content[:-3])
                    self.mail.append((recipients, message))
                    say("250 kept")
                case ["MAIL", *_] if known:
                    say("250 fine")
                case ["QUIT"]:
                    say("221 bye")
                    break
                case _:
                    say("530 not like this")
        writer.close()


@contextmanager
def mail_server(user: str, password: str, directory: Path) -> Iterator[MailServer]:
    """A server that runs; `directory / "ca.pem"` is what a client must trust."""
    server = MailServer(user, password, _certificate(directory))
    ready, over = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=[server.serve(ready, over)])
    thread.start()
    ready.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


def _certificate(directory: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail server of a test")])
    host = x509.IPAddress(ipaddress.ip_address(ADDRESS))
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([host]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (directory / "ca.pem").write_bytes(public)
    (directory / "server.pem").write_bytes(public + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.pem")
    return context
