"""Who is told: robots of chat groups, mailboxes, and webhooks of a telephone service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from infra.config.base import Part
from infra.config.names import LabelName, MailAddress, Mention, ServerAddress, UrlPrefix
from infra.config.values import SecretText

Mentions = Annotated[tuple[Mention, ...], Field(strict=False, max_length=20)]


class Dingtalk(Part):
    """A DingTalk group robot with signing switched on."""

    url: UrlPrefix = Field(
        default="https://oapi.dingtalk.com",
        description="Where DingTalk answers. Default https://oapi.dingtalk.com.",
    )
    token: SecretText = Field(description="`access_token` of the robot's address.")
    secret: SecretText = Field(description="Secret with which requests are signed (SEC…).")
    mention: Mentions = Field(
        default=(),
        title="a list of mobile numbers, such as ['13800138000']",
        description="Mobile numbers that a critical alert mentions. Default: nobody.",
    )


class Wecom(Part):
    """A WeCom group robot."""

    url: UrlPrefix = Field(
        default="https://qyapi.weixin.qq.com",
        description="Where WeCom answers. Default https://qyapi.weixin.qq.com.",
    )
    key: SecretText = Field(description="`key` of the robot's address.")
    mention: Mentions = Field(
        default=(),
        title="a list of user ids, such as [zhangsan]",
        description="User ids that a critical alert mentions. Default: nobody.",
    )


class Feishu(Part):
    """A Feishu group robot with signature verification switched on."""

    url: UrlPrefix = Field(
        default="https://open.feishu.cn",
        description="Where Feishu answers. Default https://open.feishu.cn.",
    )
    token: SecretText = Field(description="Last part of the robot's address, behind /hook/.")
    secret: SecretText = Field(description="Secret with which requests are signed.")
    mention: Mentions = Field(
        default=(),
        title="a list of open ids, such as [ou_1a2b3c]",
        description="Open ids that a critical alert mentions. Default: nobody.",
    )


class Email(Part):
    """Mailboxes that Alertmanager writes to by itself."""

    to: Annotated[tuple[MailAddress, ...], Field(strict=False)] = Field(
        min_length=1,
        title="a list of mail addresses, such as [oncall@example.com]",
        description="Who gets the mail.",
    )


class Webhook(Part):
    """Any service that takes Alertmanager's webhook, such as one that telephones."""

    url: SecretText = Field(description="Address of the webhook; it often carries a token.")
    token: SecretText | None = Field(
        default=None, description="Bearer token of the request. Default: none."
    )


Robot = Dingtalk | Wecom | Feishu
"""What is reached through the relay; Alertmanager reaches the others by itself."""

Receiver = Robot | Email | Webhook


class Receivers(Part):
    """Everybody who can be told, by kind and name; a name stands once, whatever its kind."""

    dingtalk: Mapping[LabelName, Dingtalk] = Field(
        default={}, title="a mapping of names to robots", description="DingTalk group robots."
    )
    wecom: Mapping[LabelName, Wecom] = Field(
        default={}, title="a mapping of names to robots", description="WeCom group robots."
    )
    feishu: Mapping[LabelName, Feishu] = Field(
        default={}, title="a mapping of names to robots", description="Feishu group robots."
    )
    email: Mapping[LabelName, Email] = Field(
        default={}, title="a mapping of names to mailboxes", description="Mailboxes."
    )
    webhook: Mapping[LabelName, Webhook] = Field(
        default={}, title="a mapping of names to webhooks", description="Webhooks of others."
    )

    @property
    def robots(self) -> dict[str, Robot]:
        """Every chat robot by name."""
        return {**self.dingtalk, **self.wecom, **self.feishu}

    @property
    def by_name(self) -> dict[str, Receiver]:
        """Every receiver by name."""
        return {**self.robots, **self.email, **self.webhook}


class Smtp(Part):
    """The mail server through which mail leaves, with STARTTLS."""

    server: ServerAddress = Field(description="Host and port, such as smtp.example.com:587.")
    sender: MailAddress = Field(description="Address that mail comes from.")
    username: str = Field(min_length=1, title="the name of the user", description="User.")
    password: SecretText = Field(description="Password of the user, encrypted.")
