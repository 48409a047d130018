"""The policy pack, as Pulumi runs it: `pulumi preview --policy-pack infra/policy`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

# Pulumi runs this directory by itself.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from infra.policy.resource import Resource, Settings
from infra.policy.rules import RULES, STACK_RULES, Rule, StackRule

_NAMES = {"type": "array", "items": {"type": "string"}}
_SCHEMAS: Mapping[str, PolicyConfigSchema] = {
    "image-digest": PolicyConfigSchema(properties={"digestStacks": _NAMES}),
    "canary-apart": PolicyConfigSchema(properties={"sharedModels": _NAMES}),
}


def _settings(urn: str, config: Mapping[str, Any]) -> Settings:
    defaults = Settings()
    return Settings(
        # urn:pulumi:<stack>::<project>::<types>::<name>
        urn.split(":")[2],
        tuple(config.get("digestStacks", defaults.digest_stacks)),
        tuple(config.get("sharedModels", defaults.shared_models)),
    )


def _validate(rule: Rule, args: ResourceValidationArgs, report: ReportViolation) -> None:
    resource = Resource.of(args.resource_type, args.name, args.props)
    if resource is not None:
        for wrong in rule.check(resource, _settings(args.urn, args.get_config())):
            report(f"{resource.kind} {resource.name}: {wrong}")


def _validate_stack(rule: StackRule, args: StackValidationArgs, report: ReportViolation) -> None:
    found = [Resource.of(each.resource_type, each.name, each.props) for each in args.resources]
    resources = [each for each in found if each is not None]
    if resources:
        for wrong in rule.check(resources, _settings(args.resources[0].urn, args.get_config())):
            report(wrong)


def _policies() -> Iterable[Policy]:
    for rule in RULES:
        yield ResourceValidationPolicy(
            name=rule.name,
            description=rule.description,
            validate=partial(_validate, rule),
            enforcement_level=EnforcementLevel(rule.level),
            config_schema=_SCHEMAS.get(rule.name),
        )
    for stack_rule in STACK_RULES:
        yield StackValidationPolicy(
            name=stack_rule.name,
            description=stack_rule.description,
            validate=partial(_validate_stack, stack_rule),
            enforcement_level=EnforcementLevel(stack_rule.level),
        )


PolicyPack(name="paddle-canary", policies=list(_policies()))
