"""Mail, which Alertmanager sends by itself."""

from __future__ import annotations

import time
from email.message import EmailMessage
from pathlib import Path

from infra.config import parse
from tests.amtool.mail_server import MailServer, mail_server
from tests.amtool.process import running
from tests.amtool.stacks import MAIL_ONLY
from tests.unit.config.edits import edited

LABELS = {"alertname": "GpuTooHot", "severity": "warning", "owner": "everybody"}


def wait(server: MailServer, count: int) -> list[EmailMessage]:
    """The mail that came, once it is enough or 20 seconds are over."""
    end = time.monotonic() + 20
    while len(server.mail) < count and time.monotonic() < end:
        time.sleep(0.05)
    return [message for _, message in server.mail]


def test_mail_is_encrypted_escaped_and_tells_of_the_end(binaries: Path, tmp_path: Path) -> None:
    with mail_server("alerts", "the password", tmp_path) as server:
        smtp = {
            "server": f"127.0.0.1:{server.port}",
            "sender": "alerts@example.com",
            "username": "alerts",
            "password": "the password",
        }
        config = parse(edited({"alerting": MAIL_ONLY | {"smtp": smtp}}))
        trust = {"SSL_CERT_FILE": str(tmp_path / "ca.pem")}
        hostile = LABELS | {"model": "ocr\r\nBcc: everybody@example.com"}
        with running(binaries, config, tmp_path, "http://127.0.0.1:9", trust) as alertmanager:
            alertmanager.fire(hostile, description="<script>steal()</script>")
            wait(server, 1)
            alertmanager.resolve(hostile)
            firing, resolved = wait(server, 2)
    assert [to for to, _ in server.mail] == [["team@example.com"]] * 2
    assert (firing["From"], firing["To"]) == ("alerts@example.com", "team@example.com")
    assert firing["Bcc"] is None
    assert firing["Subject"].startswith("[FIRING:1]")
    assert resolved["Subject"].startswith("[RESOLVED]")
    page = firing.get_body(("html",))
    assert page
    assert "&lt;script&gt;steal()" in page.get_content()
    assert "<script>" not in page.get_content()
