"""The fleets that are measured are right ones, and hold the models that they say."""

from __future__ import annotations

import json

import pytest

from bench import fleet_files as files
from infra.config import StackConfig
from infra.config.stack_file import load


def read(file: files.File, base: files.File | None = None) -> StackConfig:
    return load(json.dumps(file).encode(), lambda _: json.dumps(base).encode())


@pytest.mark.parametrize(("models", "groups"), [(1, [1]), (10, [5, 5]), (12, [5, 5, 2])])
def test_groups_hold_all_models_between_them(models: int, groups: list[int]) -> None:
    assert files.sizes(models, 5) == groups
    base = files.platform("fleet", len(groups))
    stacks = [
        read(files.group("fleet", "fleet", number, count, 5), base)
        for number, count in enumerate(groups)
    ]
    assert [len(each.models) for each in stacks] == groups
    assert sum(dict(each.models["ocr"].canary) == {"v1.2": 5} for each in stacks[:1]) == 1
    assert not any("ocr" in each.models for each in stacks[1:])
    hosts = [model.host for each in stacks for model in each.models.values()]
    assert len(set(hosts)) == models


def test_one_stack_holds_as_many() -> None:
    assert len(read(files.whole("whole", 12, 20)).models) == 12
