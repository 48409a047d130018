"""The modules that are mutated, and the tests that have to notice it, the quickest first."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
_JUDGE = Path("tests/unit/rollout/judge")


def targets() -> dict[str, list[str]]:
    """Test files by module file, all from the project's directory."""
    guard = ["tests/unit/infra/test_guard.py", "tests/unit/infra/test_histories.py"]
    return {**{_name(path): _of_judge(path) for path in _modules()}, "infra/guard.py": guard}


def _modules() -> list[Path]:
    return sorted((ROOT / "rollout" / "judge").glob("*.py"))


def _of_judge(module: Path) -> list[str]:
    """A module's own tests, then those of the others, then whole traces."""
    own = _JUDGE / f"test_{module.name}"
    others = sorted(path.relative_to(ROOT) for path in (ROOT / _JUDGE).glob("test_*.py"))
    ordered = [path for path in others if path == own] + [path for path in others if path != own]
    return [*map(str, ordered), "tests/unit/rollout/test_replay.py"]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))
