"""Groups of alerts as lines of a robot's markdown, in the group's language.

Two views: a few incidents in full, many with a line each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from monitoring.relay import links
from monitoring.relay.config import Config
from monitoring.relay.markup import Markup, plain
from monitoring.relay.merge import Group, Incident
from monitoring.relay.messages import Tone
from monitoring.relay.phrases import PHRASES
from monitoring.relay.webhook import shared

ICONS: Mapping[Tone, str] = {"critical": "🔴", "warning": "🟠", "info": "🔵", "resolved": "✅"}

# Characters: enough to act on, and no alert can flood a group of people.
_SUMMARY, _SHORT_SUMMARY, _DESCRIPTION, _LABEL, _TITLE = 300, 120, 2000, 200, 100
_DESCRIPTION_LINES = 20
_LABELS_IN_A_LINE = 8

_TIMES = "\N{MULTIPLICATION SIGN}"

# Seconds after which a message says that it is late; and after which an alert that Alertmanager
# would repeat every 90 s, as long as it is not accepted, is doubted.
_LATE_S, _DOUBT_S = 60, 300

# Labels that have a place of their own, or say nothing to people.
_SHOWN_ELSEWHERE = frozenset({"alertname", "severity", "model", "version", "owner"})


@dataclass(frozen=True)
class Renderer:
    """How one robot's group is told.

    Args:
        now: when, seconds since the epoch.
    """

    config: Config
    markup: Markup
    now: float

    def title(self, incidents: Sequence[Incident]) -> str:
        """Plain text: what, how bad, where."""
        say = PHRASES[self.config.language]
        firing = sum(each.firing for each in incidents)
        common = shared([each.alert.labels for each in incidents])
        if firing and firing < len(incidents):
            what = say.counts(firing, len(incidents) - firing)
        elif firing:
            what = f"{say.firing} · {common['severity']}" if "severity" in common else say.firing
        else:
            what = say.passed if all(each.passed for each in incidents) else say.resolved
        subject = common.get("alertname") or say.alerts(len(incidents))
        if "alertname" in common and len(incidents) > 1:
            subject += f" {_TIMES}{len(incidents)}"
        where = " ".join(common[name] for name in ("model", "version") if name in common)
        words = f"{ICONS[tone(incidents)]} {what}{say.colon}{subject}"
        return plain(words + (f" ({where})" if where else ""), _TITLE)

    def late(self, groups: Iterable[Group]) -> Iterator[str]:
        """A line where the oldest has waited long."""
        say = PHRASES[self.config.language]
        waited = self.now - min(group.received for group in groups)
        if waited > _LATE_S:
            yield f"⏳ {say.late(say.duration(waited))}"

    def again(self, first_sent: float) -> str:
        """The line above a message that the robot may have already."""
        when = self._time(datetime.fromtimestamp(first_sent, UTC))
        return f"⏳ {PHRASES[self.config.language].again(when)}"

    def full(self, group: Group) -> Iterator[str]:
        """Every incident of a group with all that is known, then the links."""
        for incident in group.incidents:
            yield from self._incident(incident)
        yield from self._doubt(group)
        if group.latest.truncated:
            yield PHRASES[self.config.language].truncated(group.latest.truncated)
        pages = self._links(group)
        if pages:
            yield pages

    def brief(self, group: Group) -> Iterator[str]:
        """A line for each incident; what they share stands in a line above them."""
        say = PHRASES[self.config.language]
        common: Mapping[str, str] = {}
        summary: str | None = None
        if len(group.incidents) > 1:
            alerts = [each.alert for each in group.incidents]
            common = shared([alert.labels for alert in alerts])
            summary = shared([alert.annotations for alert in alerts]).get("summary")
            name = common.get("alertname") or say.alerts(len(alerts))
            head = (
                f"{self._name(name)} {_TIMES}{len(alerts)}",
                self._pairs(common.items()),
                self.markup.text(summary or "", _SHORT_SUMMARY),
            )
            yield " ".join(filter(None, head))
        for incident in group.incidents:
            yield self._one_line(incident, common, summary)
        if group.latest.truncated:
            yield say.truncated(group.latest.truncated)
        yield from self._doubt(group)

    def all_alerts(self) -> Iterator[str]:
        """The link for a message that has no room for each group's own."""
        url = links.alerts(self.config.links)
        if url:
            yield self.markup.link(PHRASES[self.config.language].all_alerts, url)

    def _one_line(self, incident: Incident, common: Mapping[str, str], summary: str | None) -> str:
        alert = incident.alert
        own = [(name, value) for name, value in alert.labels.items() if name not in common]
        said = "" if summary else alert.annotations.get("summary", "")
        times = self._time(alert.starts_at, short=True)
        if alert.ends_at and not incident.firing:
            times += f" → {self._time(alert.ends_at, short=True)}"
        parts = (
            ICONS[tone([incident])],
            "" if "alertname" in common else self._name(alert.labels.get("alertname", "")),
            self._pairs(own),
            self.markup.text(said, _SHORT_SUMMARY),
            PHRASES[self.config.language].passed if incident.passed else "",
            times,
        )
        return " ".join(filter(None, parts))

    def _incident(self, incident: Incident) -> Iterator[str]:
        say, text = PHRASES[self.config.language], self.markup.text
        alert = incident.alert
        summary = text(alert.annotations.get("summary", ""), _SUMMARY)
        head = summary or text(alert.labels.get("alertname", ""), _TITLE)
        yield f"{ICONS[tone([incident])]} {self.markup.bold(head)}" if head else ""
        description = plain_lines(alert.annotations.get("description", ""))
        for line in description:
            yield f"{self.markup.quote}{text(line, _DESCRIPTION)}"
        names = (("severity", say.severity), ("model", say.model), ("version", say.version))
        facts = [text(alert.labels.get("alertname", ""), _TITLE) if summary else ""]
        facts += [
            f"{word} {text(alert.labels[name], _LABEL)}"
            for name, word in names
            if name in alert.labels
        ]
        if any(facts):
            yield " · ".join(filter(None, facts))
        times = [f"{say.since} {self._time(alert.starts_at)}"]
        if alert.ends_at and not incident.firing:
            times.append(f"{say.ended} {self._time(alert.ends_at)}")
            length = (alert.ends_at - alert.starts_at).total_seconds()
            times.append(f"{say.lasted} {say.duration(length)}")
        yield " · ".join(times)
        value = text(alert.annotations.get("value", ""), _LABEL)
        if value:
            yield f"{say.value}{say.colon}{value}"
        others = [pair for pair in alert.labels.items() if pair[0] not in _SHOWN_ELSEWHERE]
        for start in range(0, len(others), _LABELS_IN_A_LINE):
            pairs = self._pairs(others[start : start + _LABELS_IN_A_LINE])
            yield f"{say.labels}{say.colon}{pairs}"

    def _links(self, group: Group) -> str:
        say = PHRASES[self.config.language]
        pages: list[tuple[str, str | None]] = []
        if any(each.firing for each in group.incidents):
            labels = group.latest.labels or shared([each.alert.labels for each in group.incidents])
            pages.append((say.silence, links.silence(self.config.links, labels)))
        for annotation, word in (("dashboard_url", say.dashboard), ("runbook_url", say.runbook)):
            urls = {each.alert.annotations.get(annotation) for each in group.incidents}
            pages += [
                (word, links.allowed(self.config.links, url)) for url in sorted(filter(None, urls))
            ]
        return " · ".join(self.markup.link(word, url) for word, url in pages if url)

    def _doubt(self, group: Group) -> Iterator[str]:
        firing = any(each.firing for each in group.incidents)
        if firing and self.now - group.seen > _DOUBT_S:
            seen = self._time(datetime.fromtimestamp(group.seen, UTC))
            yield f"⏳ {PHRASES[self.config.language].unconfirmed(seen)}"

    def _name(self, name: str) -> str:
        safe = self.markup.text(name, _TITLE)
        return self.markup.bold(safe) if safe else ""

    def _pairs(self, pairs: Iterable[tuple[str, str]]) -> str:
        say, text = PHRASES[self.config.language], self.markup.text
        hidden = ("alertname", "severity", "owner")
        return say.comma.join(
            f"{text(name, _TITLE)}={text(value, _LABEL)}"
            for name, value in pairs
            if name not in hidden
        )

    def _time(self, moment: datetime, *, short: bool = False) -> str:
        local = moment.astimezone(self.config.time_zone)
        return f"{local:%m-%d %H:%M:%S}" if short else f"{local:%Y-%m-%d %H:%M:%S} UTC{local:%z}"


def tone(incidents: Iterable[Incident]) -> Tone:
    """Of the worst that still fires."""
    severities = {each.alert.labels.get("severity") for each in incidents if each.firing}
    if not severities:
        return "resolved"
    if "critical" in severities:
        return "critical"
    return "info" if severities == {"info"} else "warning"


def plain_lines(untrusted: str) -> list[str]:
    """A text's lines that are not empty, the first of them."""
    lines = [line for line in untrusted[:_DESCRIPTION].splitlines() if line.strip()]
    return lines[:_DESCRIPTION_LINES]
