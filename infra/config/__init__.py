"""The configuration of a stack: typed, validated, pure.

`parse` takes the values that the engine hands to the program, `load_file` a `Pulumi.<stack>.yaml`;
both give a frozen `StackConfig` or raise `ConfigErrors` with everything that is wrong.
"""

from infra.config.alerting import Alerting, Team
from infra.config.errors import ConfigErrors, Problem
from infra.config.hours import Dates, Hours, Mute, WorkingHours
from infra.config.karpenter import KarpenterPool
from infra.config.managed_pools import AckPool, EksPool, GkePool, ManagedPool
from infra.config.model import Match, Model, Slo, Tls
from infra.config.names import canary_name, object_name
from infra.config.parse import parse
from infra.config.pool import NodePool
from infra.config.pool_facts import (
    accelerator_of,
    asks_for_resource,
    has_fixed_nodes,
    most_cards,
    node_names,
)
from infra.config.pools import ExistingPool, Pool
from infra.config.receivers import Dingtalk, Email, Feishu, Receivers, Robot, Webhook, Wecom
from infra.config.rollout import Rollout
from infra.config.stack import Gateway, Override, Registry, StackConfig
from infra.config.stack_file import load_file
from infra.config.values import Secret, Weight, show_duration, tenths
from infra.config.version import Autoscale, Resources, Version

__all__ = [
    "AckPool",
    "Alerting",
    "Autoscale",
    "ConfigErrors",
    "Dates",
    "Dingtalk",
    "EksPool",
    "Email",
    "ExistingPool",
    "Feishu",
    "Gateway",
    "GkePool",
    "Hours",
    "KarpenterPool",
    "ManagedPool",
    "Match",
    "Model",
    "Mute",
    "NodePool",
    "Override",
    "Pool",
    "Problem",
    "Receivers",
    "Registry",
    "Resources",
    "Robot",
    "Rollout",
    "Secret",
    "Slo",
    "StackConfig",
    "Team",
    "Tls",
    "Version",
    "Webhook",
    "Wecom",
    "Weight",
    "WorkingHours",
    "accelerator_of",
    "asks_for_resource",
    "canary_name",
    "has_fixed_nodes",
    "load_file",
    "most_cards",
    "node_names",
    "object_name",
    "parse",
    "show_duration",
    "tenths",
]
