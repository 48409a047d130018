"""What waits for one robot as its next message: as many alerts as fit, the critical ones first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from monitoring.relay.config import ON_CALL, Config, RobotConfig
from monitoring.relay.markup import Markup
from monitoring.relay.merge import Entry, Group, Incident, merge
from monitoring.relay.messages import Message
from monitoring.relay.render import Renderer, tone
from monitoring.relay.robots import KINDS
from monitoring.relay.robots.kind import Kind
from monitoring.relay.split import split

# Incidents that are told in full; more of them get a line each.
_FULL = 5

# A message that calls everybody calls nobody; WeCom's would also be full of names.
_MOST_PEOPLE = 20

_PART = " ({}/{})"

# Bytes for the line of a message that is sent again.
_AGAIN = 150


@dataclass(frozen=True)
class Batch:
    """What is told together: ids of the entries, and the messages that tell them, in order."""

    entries: tuple[int, ...]
    messages: tuple[Message, ...]


def compose(entries: Sequence[Entry], robot: RobotConfig, config: Config, now: float) -> Batch:
    """One message with as many groups as fit; several only where one group alone does not.

    Args:
        entries: all that waits for the robot, at least one.
        now: seconds since the epoch.
    """
    kind = KINDS[robot.type]
    renderer = Renderer(config, kind.markup, now)
    groups = merge(entries)
    if groups[0].alone:
        groups = groups[:1]
    groups = [group for group in groups if not group.alone] or groups
    if sum(len(group.incidents) for group in groups) <= _FULL:
        lines = [line for group in groups for line in renderer.full(group)]
    else:
        groups, lines = _as_many_as_fit(groups, robot, renderer, kind)
    lines = [*renderer.late(groups), *lines]
    head = _head(groups, robot, renderer)
    parts = split(lines, _budget(head, kind), kind.weight)
    return Batch(
        entries=tuple(sorted(each for group in groups for each in group.entries)),
        messages=tuple(_numbered(head, parts)),
    )


def _as_many_as_fit(
    groups: Sequence[Group], robot: RobotConfig, renderer: Renderer, kind: Kind
) -> tuple[list[Group], list[str]]:
    tail = list(renderer.all_alerts())
    chosen: list[Group] = []
    lines: list[str] = []
    for group in groups:
        more = list(renderer.brief(group))
        together = [*chosen, group]
        needed = sum(map(kind.weight, [*renderer.late(together), *lines, *more, *tail]))
        if chosen and needed > _budget(_head(together, robot, renderer), kind):
            break
        chosen, lines = together, lines + more
    return chosen, lines + tail


def _head(groups: Sequence[Group], robot: RobotConfig, renderer: Renderer) -> Message:
    incidents = [each for group in groups for each in group.incidents]
    return Message(renderer.title(incidents), (), _people(incidents, robot), tone(incidents))


def sent_again(message: Message, first_sent: float, config: Config, markup: Markup) -> Message:
    """A message that the robot may have already, and says so."""
    line = Renderer(config, markup, first_sent).again(first_sent)
    return replace(message, lines=(line, *message.lines))


def _budget(head: Message, kind: Kind) -> int:
    titled = replace(head, title=head.title + _PART.format(999, 999))
    return kind.max_bytes - kind.size(titled) - _AGAIN


def _numbered(head: Message, parts: Sequence[Sequence[str]]) -> list[Message]:
    if len(parts) == 1:
        return [replace(head, lines=tuple(parts[0]))]
    # People are called once, not by each part.
    return [
        replace(
            head,
            title=head.title + _PART.format(number, len(parts)),
            lines=tuple(part),
            people=head.people if number == 1 else (),
        )
        for number, part in enumerate(parts, 1)
    ]


def _people(incidents: Sequence[Incident], robot: RobotConfig) -> tuple[str, ...]:
    """Who is called, the on-call first: nobody unless something critical fires."""
    owners = [
        each.alert.labels.get("owner", "")
        for each in incidents
        if each.firing and each.alert.critical
    ]
    called = [
        person
        for owner in ([ON_CALL, *owners] if owners else [])
        for person in robot.mentions.get(owner, ())
    ]
    return tuple(dict.fromkeys(called))[:_MOST_PEOPLE]
