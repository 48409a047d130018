"""From plain values to a configuration, or to everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from infra.config.bases import check_base, inherited, refused_keys
from infra.config.checks import check, check_override
from infra.config.describe import describe
from infra.config.errors import ConfigErrors, Problem, prefixes
from infra.config.mend import mend
from infra.config.stack import StackConfig
from infra.config.values import PLAIN_SECRETS


def parse(
    values: Mapping[str, object], *, plain_secrets: bool = True, base: StackConfig | None = None
) -> StackConfig:
    """Read the values under `paddle-canary:`, whose keys come without that prefix.

    Values are what JSON knows: text, numbers, booleans, None, lists, mappings. `plain_secrets`
    says whether a secret may be plain text, as the engine hands it to the program. `base` is the
    stack that `values` name as theirs.

    Raises ConfigErrors with every problem.
    """
    plain = dict(values)
    problems: list[Problem] = []
    if base is not None:
        problems += refused_keys(values, base)
        plain = {**inherited(base), **values}
    try:
        config = StackConfig.model_validate(plain, context=PLAIN_SECRETS if plain_secrets else None)
    except ValidationError as error:
        problems += _describe_all(error.errors())
        known = {each.path for each in problems}
        mended = mend(plain, error)
        if mended:
            config = mended.on(base) if base is not None else mended
            more = (*check_base(config, base), *check(config))
            problems += (each for each in more if not known & prefixes(each.path))
        raise ConfigErrors(problems) from None
    if base is not None:
        config = config.on(base)
    # An override is compared with traffic, which must be right for that.
    found = problems or [*check_base(config, base), *check(config)] or [*check_override(config)]
    if found:
        raise ConfigErrors(found)
    return config


def _describe_all(errors: list[ErrorDetails]) -> list[Problem]:
    inside = {each["loc"][:-1] for each in errors}
    # A list whose only element is wrong counts as too short, too.
    told_below = [each for each in errors if each["type"] == "too_short" and each["loc"] in inside]
    return [describe(each) for each in errors if each not in told_below]
