"""From plain values to a configuration, or to everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from infra.config.checks import check, check_override
from infra.config.describe import describe
from infra.config.errors import ConfigErrors, Path
from infra.config.mend import mend
from infra.config.stack import StackConfig
from infra.config.values import PLAIN_SECRETS


def parse(values: Mapping[str, object], *, plain_secrets: bool = True) -> StackConfig:
    """Read the values under `paddle-canary:`, whose keys come without that prefix.

    Values are what JSON knows: text, numbers, booleans, None, lists, mappings. `plain_secrets`
    says whether a secret may be plain text, as the engine hands it to the program.

    Raises ConfigErrors with every problem.
    """
    plain = dict(values)
    try:
        config = StackConfig.model_validate(plain, context=PLAIN_SECRETS if plain_secrets else None)
    except ValidationError as error:
        problems = [describe(each) for each in error.errors()]
        known = {each.path for each in problems}
        mended = mend(plain, error)
        if mended:
            problems += (each for each in check(mended) if not _under(each.path, known))
        raise ConfigErrors(problems) from None
    problems = [*check(config)]
    # An override is compared with traffic, which must be right for that.
    problems = problems or [*check_override(config)]
    if problems:
        raise ConfigErrors(problems)
    return config


def _under(path: Path, known: set[Path]) -> bool:
    return any(path[:length] in known for length in range(1, len(path) + 1))
