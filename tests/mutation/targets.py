"""The modules that are mutated, and the tests that have to notice it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]

Tests = tuple[tuple[str, ...], ...]
"""Test files, from the project's directory, that run one group after the other."""

_JUDGE = "tests/unit/rollout/judge"
# Whole traces and histories take long: what is quicker has nearly always noticed before.
_TRACES, _HISTORIES = "tests/unit/rollout/test_replay.py", "tests/unit/infra/test_histories.py"


def targets() -> dict[str, Tests]:
    """Tests by module file."""
    judge = {f"rollout/judge/{name}": _of_judge(name) for name in _names("rollout/judge/*.py")}
    return {**judge, "infra/guard.py": (("tests/unit/infra/test_guard.py",), (_HISTORIES,))}


def _of_judge(module: str) -> Tests:
    """A module's own tests, then those of the others, then whole traces."""
    own = f"test_{module}"
    others = (f"{_JUDGE}/{name}" for name in _names(f"{_JUDGE}/test_*.py") if name != own)
    return ((f"{_JUDGE}/{own}",), tuple(others), (_TRACES,))


def _names(pattern: str) -> list[str]:
    return sorted(path.name for path in ROOT.glob(pattern))
