"""The stack whose rules are replayed."""

from __future__ import annotations

from bench.rules_replay.fleet import MODELS
from infra.config import StackConfig, parse
from monitoring.rules import RecordingRule, rule_groups
from monitoring.rules.series import VERSION_INFO

OWNER = "vision"


def stack() -> StackConfig:
    """All models with the default objectives, and alerts as they are. Rules run once a minute."""
    models = {
        model.name: {
            "host": f"{model.name}.example.com",
            "stable": "v1",
            "versions": {"v1": {"image": f"{model.name}:v1", "pool": "a"}},
        }
        for model in MODELS
    }
    return parse(
        {
            "nodePools": {"a": {"provider": "existing", "nodes": ["node-1"], "track": "stable"}},
            "models": models,
            "alerting": {
                "mode": "embedded",
                "gateway": {"namespace": "traefik"},
                "prometheus": {"interval": "30s"},
                "images": {"relay": "relay:1"},
                "receivers": {"webhook": {"hook": {"url": "https://hook.example.com"}}},
                "teams": {OWNER: {"chat": ["hook"]}},
                "defaultTeam": OWNER,
            },
        }
    )


def recording_rules() -> list[RecordingRule]:
    """What is backfilled: all but the versions, which come and go while the rest stays."""
    rules = (rule for group in rule_groups(stack()) for rule in group.rules)
    return [
        rule for rule in rules if isinstance(rule, RecordingRule) and rule.record != VERSION_INFO
    ]
