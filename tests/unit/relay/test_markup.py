"""Nothing that comes from an alert is markup."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.relay.config import Links
from monitoring.relay.links import alerts, allowed, silence
from monitoring.relay.markup import plain
from monitoring.relay.robots import KINDS
from tests.unit.relay.make import LINKS

HOSTILE = [
    "<at id=all></at>",
    '<at user_id="all">everyone</at>',
    "<@all>",
    "@all @所有人 @13800000000",
    "[click](https://evil.example/x)",
    "![image](https://evil.example/x.png)",
    "https://evil.example/x",
    "HTTP://EVIL.EXAMPLE",
    "www.evil.example",
    "<a href='https://evil.example'>x</a>",
    '<font color="warning">x</font>',
    "<img src=x onerror=alert(1)>",
    "`code` **bold** \\[x\\](y)",
    "&#60;at id=all&#62;&lt;at id=all&gt;",
    "\n### heading\n> quote\r\n- item",
    "\u202egnp.exe\u202c\u200b\x00\x1b[31m",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_hostile_text_is_inert(kind: object, text: str) -> None:
    safe = kind.markup.text(text, 500)  # type: ignore[attr-defined]
    # What Feishu's entities decode to is text to it, as its page says; nothing else may remain.
    visible = re.sub(r"&#\d+;", "", safe)
    assert not set("<>[]@*`\\&") & set(visible)
    assert "://" not in safe
    assert "www." not in safe.lower()
    assert len(safe.splitlines()) <= 1
    assert safe.isprintable()


@given(st.text())
def test_any_text_becomes_one_safe_line(text: str) -> None:
    for kind in KINDS.values():
        safe = kind.markup.text(text, 10_000)
        assert not set("<>[]@*`\\&") & set(re.sub(r"&#\d+;", "", safe))
        assert len(safe.splitlines()) <= 1


def test_ordinary_text_stays_as_it_is() -> None:
    text = "p99 is 812 ms (500 ms allowed) for ocr-v1-2-7d9f, 5.2% of 10.0.0.1:8000, 延迟过高"
    assert KINDS["dingtalk"].markup.text(text) == text
    assert KINDS["wecom"].markup.text(text) == text


def test_long_text_is_cut_visibly() -> None:
    assert plain("x" * 300, 200) == "x" * 199 + "…"
    assert plain("x" * 200, 200) == "x" * 200


@pytest.mark.parametrize(
    "url",
    [
        "https://grafana.example.com/d/ocr?var-version=v1.2&from=now-1h",
        "https://wiki.example.com:443/other/page#part",
    ],
)
def test_urls_of_configured_pages_are_links(url: str) -> None:
    assert allowed(LINKS, url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "http://grafana.example.com/",
        "https://grafana.example.com:8443/",
        "https://grafana.example.com.evil.example/",
        "https://grafana.example.com@evil.example/",
        "https://evil.example\\@grafana.example.com/",
        "https://grafana.example.com\\.evil.example/",
        "//grafana.example.com/",
        "javascript:alert(1)",
        "https://grafana.example.com/\n@all",
        "https://[::1/",
        "https://grafana.example.com:99999/",
        "https://grafana.example.com/" + "x" * 2000,
        "",
        None,
    ],
)
def test_other_urls_are_not(url: str | None) -> None:
    assert allowed(LINKS, url) is None


def test_a_url_cannot_end_its_link() -> None:
    url = allowed(LINKS, "https://grafana.example.com/a)[x](https://evil.example/<at>`é")
    assert url == "https://grafana.example.com/a%29%5Bx%5D%28https://evil.example/%3Cat%3E%60%C3%A9"


def test_silences_are_filled_in_with_quoted_matchers() -> None:
    labels = {"model": 'o"c\\r)\n', "alertname": "A"}
    assert silence(LINKS, labels) == (
        "https://alertmanager.example.com/#/silences/new?filter="
        "%7Balertname%3D%22A%22%2Cmodel%3D%22o%5C%22c%5C%5Cr%29%5Cn%22%7D"
    )


def test_no_link_silences_everything() -> None:
    assert silence(LINKS, {}) is None
    assert silence(Links(), {"alertname": "A"}) is None
    assert alerts(Links()) is None
