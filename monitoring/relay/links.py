"""The links of a message: only to pages that the configuration names."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from monitoring.relay.config import Links

_LONGEST = 1000


def silence(links: Links, labels: Mapping[str, str]) -> str | None:
    """Alertmanager's form for a new silence, filled in for these labels; None without labels,
    since a silence that names none would match everything.
    """
    if not links.alertmanager or not labels:
        return None
    matchers = ",".join(f"{name}={_quoted(value)}" for name, value in sorted(labels.items()))
    url = f"{links.alertmanager}/#/silences/new?filter={quote('{' + matchers + '}', safe='')}"
    return url if len(url) <= _LONGEST else None


def alerts(links: Links) -> str | None:
    """Alertmanager's list of alerts."""
    return f"{links.alertmanager}/#/alerts" if links.alertmanager else None


def allowed(links: Links, url: str | None) -> str | None:
    """A URL from an annotation if it leads to one of our own pages, with all that could end a
    markdown link encoded; None otherwise.
    """
    bases = [base for base in (links.alertmanager, links.dashboards, links.runbooks) if base]
    if not url or len(url) > _LONGEST or _site(url) not in map(_site, bases):
        return None
    # The site was read from this very text, so only what follows it can change here.
    encoded = quote(url, safe="/:?#@!$&'*+,;=%~-._")
    return encoded if len(encoded) <= _LONGEST and _site(encoded) == _site(url) else None


def _site(url: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    # `https://grafana@evil` and `https://grafana\@evil` lead elsewhere in some browsers.
    if "@" in parts.netloc or "\\" in url or any(ord(each) <= 32 for each in url):
        return None
    return parts.scheme, parts.hostname, port or {"http": 80, "https": 443}[parts.scheme]


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
