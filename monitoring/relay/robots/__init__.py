"""The robots that the relay speaks to, by the `type` of the configuration."""

from __future__ import annotations

from collections.abc import Mapping

from monitoring.relay.config import RobotType
from monitoring.relay.robots.dingtalk import DingTalk
from monitoring.relay.robots.feishu import Feishu
from monitoring.relay.robots.kind import Kind
from monitoring.relay.robots.wecom import WeCom

KINDS: Mapping[RobotType, Kind] = {"dingtalk": DingTalk(), "wecom": WeCom(), "feishu": Feishu()}
