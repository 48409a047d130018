"""Each refused `alerting`, with the whole message that a release engineer reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from infra.config import ConfigErrors, parse
from tests.unit.config.edits import REMOVED, edited

ALERTING: dict[str, Any] = {
    "mode": "embedded",
    "images": {"relay": "registry.example.com/relay:v1"},
    "gateway": {"namespace": "traefik"},
    "receivers": {
        "dingtalk": {"vision-chat": {"token": "t", "secret": "s"}},
        "wecom": {"platform-chat": {"key": "k"}},
        "email": {"platform-mail": {"to": ["oncall@example.com"]}},
        "webhook": {"phone": {"url": "https://phone.example.com/call"}},
    },
    "smtp": {
        "server": "smtp.example.com:587",
        "sender": "alerts@example.com",
        "username": "alerts",
        "password": "p",
    },
    "teams": {
        "vision": {"chat": ["vision-chat"], "phone": ["phone"]},
        "platform": {"chat": ["platform-chat", "platform-mail"], "phone": ["phone"]},
    },
    "defaultTeam": "platform",
}
WEEKLY = {"days": ["saturday"], "start": "02:00", "end": "04:00"}
ONCE = {"start": "2026-12-01 22:00", "end": "2026-12-02 04:00"}
MUTE = {"reason": "A load test of the whole site.", "weekly": WEEKLY}
RECEIVER = (
    "write a receiver that alerting.receivers has: phone, platform-chat, platform-mail, vision-chat"
)
CLOCK = 'write a time of day in quotes, such as "09:00"'
ENCRYPTED = "write it encrypted, with `pulumi config set --secret --path`"
PERSON = "write the mobile number, user id or open id of a person, such as '13800138000'"
MOMENT = 'write a date and time of day, such as "2026-12-01 22:00"'
ALERT = "write the name of an alert, such as HighModelLatency"

CASES: dict[str, tuple[Mapping[str, object], str]] = {
    "an owner that is no team": (
        {"models/ocr/owner": "visoin"},
        'models.ocr.owner: found "visoin"; write a team that alerting.teams has: platform, vision',
    ),
    "a default team that is none": (
        {"alerting/defaultTeam": "ops"},
        'alerting.defaultTeam: found "ops"; write a team that alerting.teams has: platform, vision',
    ),
    "no default team": (
        {"alerting/defaultTeam": REMOVED},
        "alerting.defaultTeam: found nothing; write a name of at most 63 lower-case letters, "
        "digits and '-', such as gpu-stable",
    ),
    "no teams": (
        {"alerting/teams": {}},
        "alerting.teams: found a mapping; write a mapping of team names to teams",
    ),
    "a chat receiver that does not exist": (
        {"alerting/teams/vision/chat": ["vision-chat", "vision-mail"]},
        f'alerting.teams.vision.chat[1]: found "vision-mail"; {RECEIVER}',
    ),
    "a phone receiver that does not exist": (
        {"alerting/teams/vision/phone": ["fone"]},
        f'alerting.teams.vision.phone[0]: found "fone"; {RECEIVER}',
    ),
    "a team that nobody can reach": (
        {"alerting/teams/vision/chat": []},
        "alerting.teams.vision.chat: found []; "
        "write a list of receivers, such as [vision-dingtalk]",
    ),
    "a receiver twice in a list": (
        {"alerting/teams/vision/chat": ["vision-chat", "vision-chat"]},
        'alerting.teams.vision.chat[1]: found "vision-chat" again; '
        "write each receiver once: critical alerts go to chat and phone",
    ),
    "a receiver for chat and phone": (
        {"alerting/teams/vision/phone": ["phone", "vision-chat"]},
        'alerting.teams.vision.phone[1]: found "vision-chat" again; '
        "write each receiver once: critical alerts go to chat and phone",
    ),
    "a default team that only the relay reaches": (
        {"alerting/teams/platform/chat": ["platform-chat", "vision-chat"]},
        "alerting.teams.platform.chat: found robots only; write a mailbox or webhook beside them: "
        "when the relay, which speaks to the robots, loses a message, "
        "this team must be told by another road",
    ),
    "a name for receivers of two kinds": (
        {"alerting/receivers/wecom/vision-chat": {"key": "k"}},
        "alerting.receivers.wecom.vision-chat: found a name that receivers.dingtalk has already; "
        "write another name: teams tell receivers apart by their names alone",
    ),
    "mailboxes without a mail server": (
        {"alerting/smtp": REMOVED},
        "alerting.smtp: found nothing; "
        "write the mail server that receivers.email needs (platform-mail)",
    ),
    "a mailbox that is no address": (
        {"alerting/receivers/email/platform-mail/to": ["oncall"]},
        'alerting.receivers.email.platform-mail.to[0]: found "oncall"; '
        "write a mail address, such as oncall@example.com",
    ),
    "a mail server without a port": (
        {"alerting/smtp/server": "smtp.example.com"},
        'alerting.smtp.server: found "smtp.example.com"; '
        "write host and port, such as smtp.example.com:587",
    ),
    "a robot without its secret": (
        {"alerting/receivers/dingtalk/vision-chat/secret": REMOVED},
        f"alerting.receivers.dingtalk.vision-chat.secret: found nothing; {ENCRYPTED}",
    ),
    "a robot that is only a token": (
        {"alerting/receivers/dingtalk/vision-chat": "t"},
        "alerting.receivers.dingtalk.vision-chat: found plain text; "
        "write a mapping with the keys url, token, secret, mention",
    ),
    "a robot at an address with a path": (
        {"alerting/receivers/wecom/platform-chat/url": "https://qyapi.weixin.qq.com/cgi-bin"},
        'alerting.receivers.wecom.platform-chat.url: found "https://qyapi.weixin.qq.com/cgi-bin"; '
        "write scheme, host and port, such as http://127.0.0.1:18080",
    ),
    "a mention that YAML reads as a number": (
        {"alerting/receivers/dingtalk/vision-chat/mention": [13800138000]},
        "alerting.receivers.dingtalk.vision-chat.mention[0]: found 13800138000; "
        f"{PERSON}, in quotes",
    ),
    "a mention of everybody": (
        {"alerting/receivers/wecom/platform-chat/mention": ["zhangsan", "all"]},
        f'alerting.receivers.wecom.platform-chat.mention[1]: found "all"; {PERSON}',
    ),
    "a mention of everybody, as WeCom writes it": (
        {"alerting/receivers/wecom/platform-chat/mention": ["@all"]},
        f'alerting.receivers.wecom.platform-chat.mention[0]: found "@all"; {PERSON}',
    ),
    "a mention of half the company": (
        {"alerting/receivers/wecom/platform-chat/mention": ["somebody-or-other"] * 21},
        'alerting.receivers.wecom.platform-chat.mention: found ["somebody-or-other", '
        '"somebody-or-other", "somebody-or-othe…; '
        "write a list of user ids, such as [zhangsan]",
    ),
    "an unknown kind of receiver": (
        {"alerting/receivers/slack": {}},
        "alerting.receivers.slack: found an unknown key; "
        "write one of dingtalk, wecom, feishu, email, webhook, or remove it",
    ),
    "an unknown mode": (
        {"alerting/mode": "cloud"},
        'alerting.mode: found "cloud"; write embedded or operator',
    ),
    "an unknown language": (
        {"alerting/language": "de"},
        'alerting.language: found "de"; write en or zh',
    ),
    "an image that may change": (
        {"alerting/images/relay": "registry.example.com/relay"},
        'alerting.images.relay: found "registry.example.com/relay"; write an image with a tag '
        "other than latest, or a digest, such as registry/ocr:v1.1",
    ),
    "samples that are gone when the traffic norm needs them": (
        {"alerting/prometheus": {"retention": "336h"}},
        'alerting.prometheus.retention: found "336h"; '
        "write 528h or more: the traffic norm looks back three weeks",
    ),
    "scrapes too rare for the rules": (
        {"alerting/prometheus": {"interval": "1m"}},
        'alerting.prometheus.interval: found "1m"; '
        "write 30s or less: rates over a minute need two samples",
    ),
    "working hours that end before they start": (
        {"alerting/workingHours": {"start": "22:00", "end": "06:00"}},
        'alerting.workingHours.end: found "06:00"; '
        'write a later time than start, "22:00"; after midnight is another day',
    ),
    "working hours of no length": (
        {"alerting/workingHours": {"start": "18:00"}},
        'alerting.workingHours.end: found "18:00"; '
        'write a later time than start, "18:00"; after midnight is another day',
    ),
    "a time of day that YAML reads as a number": (
        {"alerting/workingHours": {"end": 1110}},
        f"alerting.workingHours.end: found 1110; {CLOCK}",
    ),
    "a time of day that no clock shows": (
        {"alerting/workingHours": {"end": "24:30"}},
        f'alerting.workingHours.end: found "24:30"; {CLOCK}',
    ),
    "a time zone that nobody knows": (
        {"alerting/timeZone": "Asia/Peking"},
        'alerting.timeZone: found "Asia/Peking"; write an IANA time zone, such as Asia/Shanghai',
    ),
    "a day that is none": (
        {"alerting/workingHours": {"days": ["monday", "Friday"]}},
        'alerting.workingHours.days[1]: found "Friday"; '
        "write monday, tuesday, wednesday, thursday, friday, saturday or sunday",
    ),
    "a mute without a reason": (
        {"alerting/mutes": {"test": MUTE | {"reason": "test"}}},
        'alerting.mutes.test.reason: found "test"; write why, in ten characters or more',
    ),
    "a mute of a model that is not there": (
        {"alerting/mutes": {"test": MUTE | {"models": ["ocr", "orc"]}}},
        'alerting.mutes.test.models[1]: found "orc"; write a model that models has: ocr',
    ),
    "a mute of what is no alert": (
        {"alerting/mutes": {"test": MUTE | {"alerts": ["high latency"]}}},
        f'alerting.mutes.test.alerts[0]: found "high latency"; {ALERT}',
    ),
    "a mute of an alert that there is not": (
        {"alerting/mutes": {"test": MUTE | {"alerts": ["GpuTooHot", "HighModelLatancy"]}}},
        'alerting.mutes.test.alerts[1]: found "HighModelLatancy"; '
        "write HighModelLatency: an alert that there is",
    ),
    "a mute of the proof that alerts get through": (
        {"alerting/mutes": {"test": MUTE | {"alerts": ["Watchdog"]}}},
        'alerting.mutes.test.alerts[0]: found "Watchdog"; '
        "write other alerts: this one tells that others do not get through",
    ),
    "a mute of the alert that messages are lost": (
        {"alerting/mutes": {"test": MUTE | {"alerts": ["GpuTooHot", "RelayDeadLetters"]}}},
        'alerting.mutes.test.alerts[1]: found "RelayDeadLetters"; '
        "write other alerts: this one tells that others do not get through",
    ),
    "a mute that never comes": (
        {"alerting/mutes": {"test": {"reason": MUTE["reason"]}}},
        "alerting.mutes.test: found neither weekly nor once; write one of them",
    ),
    "a mute that comes twice": (
        {"alerting/mutes": {"test": MUTE | {"once": ONCE}}},
        "alerting.mutes.test: found both weekly and once; write one of them",
    ),
    "a weekly mute that ends before it starts": (
        {"alerting/mutes": {"test": MUTE | {"weekly": WEEKLY | {"start": "23:00"}}}},
        'alerting.mutes.test.weekly.end: found "04:00"; '
        'write a later time than start, "23:00"; after midnight is another day',
    ),
    "a weekly mute without days": (
        {"alerting/mutes": {"test": MUTE | {"weekly": {"start": "02:00", "end": "04:00"}}}},
        "alerting.mutes.test.weekly.days: found nothing; "
        "write a list of days, such as [monday, tuesday]",
    ),
    "a single mute that ends before it starts": (
        {
            "alerting/mutes": {
                "test": {"reason": MUTE["reason"], "once": ONCE | {"end": "2026-12-01 21:00"}}
            }
        },
        'alerting.mutes.test.once.end: found "2026-12-01 21:00"; '
        'write a later time than start, "2026-12-01 22:00"',
    ),
    "a single mute of no length": (
        {
            "alerting/mutes": {
                "test": {"reason": MUTE["reason"], "once": ONCE | {"end": "2026-12-01 22:00"}}
            }
        },
        'alerting.mutes.test.once.end: found "2026-12-01 22:00"; '
        'write a later time than start, "2026-12-01 22:00"',
    ),
    "a date that no calendar has": (
        {
            "alerting/mutes": {
                "test": {"reason": MUTE["reason"], "once": ONCE | {"end": "2027-02-29 21:00"}}
            }
        },
        f'alerting.mutes.test.once.end: found "2027-02-29 21:00"; {MOMENT}',
    ),
    "a date without a time of day": (
        {
            "alerting/mutes": {
                "test": {"reason": MUTE["reason"], "once": ONCE | {"end": "2027-02-28"}}
            }
        },
        f'alerting.mutes.test.once.end: found "2027-02-28"; {MOMENT}',
    ),
    "a dead man's switch without an address": (
        {"alerting/deadMansSwitch": {"token": "t"}},
        f"alerting.deadMansSwitch.url: found nothing; {ENCRYPTED}",
    ),
}


def refused(edits: Mapping[str, object]) -> str:
    """What is said about the base with alerting, and edits."""
    with pytest.raises(ConfigErrors) as refusal:
        parse(edited({"alerting": ALERTING, **edits}))
    return str(refusal.value)


@pytest.mark.parametrize(("edits", "message"), CASES.values(), ids=CASES)
def test_is_refused_with_path_finding_and_remedy(edits: Mapping[str, object], message: str) -> None:
    assert refused(edits) == message


@pytest.mark.parametrize(
    "edits",
    [
        {},
        {
            "alerting/mode": "operator",
            "alerting/operator": {"namespace": "monitoring"},
            "alerting/prometheus": {"retention": "24h"},
        },
        {"models/ocr/owner": "vision"},
        {"alerting/mutes": {"test": MUTE | {"models": ["ocr"], "alerts": ["HighModelLatency"]}}},
        {"alerting/mutes": {"all-day": MUTE | {"weekly": WEEKLY | {"end": "24:00"}}}},
    ],
    ids=str,
)
def test_what_is_right_beside_what_is_refused(edits: Mapping[str, object]) -> None:
    assert parse(edited({"alerting": ALERTING, **edits})).alerting


def test_a_stack_without_alerting_may_name_owners() -> None:
    assert parse(edited({"models/ocr/owner": "vision"})).models["ocr"].owner == "vision"


def test_problems_of_values_and_between_values_come_at_once() -> None:
    told = refused(
        {
            "alerting/mode": "cloud",
            "alerting/receivers/dingtalk/vision-chat/secret": REMOVED,
            "alerting/receivers/webhook/phone": {},
            "alerting/smtp/password": REMOVED,
            "alerting/teams/vision/phone": ["fone"],
            "models/ocr/owner": "visoin",
        }
    )
    assert [line.split(": ")[0] for line in told.splitlines()] == [
        "alerting.mode",
        "alerting.receivers.dingtalk.vision-chat.secret",
        "alerting.receivers.webhook.phone.url",
        "alerting.smtp.password",
        "alerting.teams.vision.phone[0]",
        "models.ocr.owner",
    ]


def test_no_message_shows_what_stands_in_a_secret_s_place() -> None:
    password = "hunter2-hunter2"
    robot = "alerting/receivers/dingtalk/vision-chat"
    for edits in (
        {robot: password},
        {f"{robot}/token": [password]},
        {f"{robot}/secert": password},
        {"alerting/receivers/webhook/phone": password},
        {"alerting/smtp/password": {"value": password}},
        {"alerting/deadMansSwitch": password},
    ):
        assert password not in refused(edits)
