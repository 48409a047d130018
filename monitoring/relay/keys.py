"""The keys of a mapping, taken one by one, with all that is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from monitoring.relay.values import Wrong

T = TypeVar("T")


@dataclass(frozen=True)
class Problem:
    """One value that cannot be used: where it stands, what was found, what to write."""

    path: str
    found: str
    write: str

    def __str__(self) -> str:
        return f"{self.path}: found {self.found}; write {self.write}"


class ConfigErrors(ValueError):
    """Everything that is wrong with the file; `str()` has a line for each problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.path)
        super().__init__("\n".join(map(str, self.problems)))


class Keys:
    """The keys of one mapping, taken one by one."""

    def __init__(self, found: object, path: str, problems: list[Problem]) -> None:
        self._path = path
        self._problems = problems
        self._left: dict[str, object] = {}
        if isinstance(found, dict) and all(isinstance(key, str) for key in found):
            self._left = dict(found)
        else:
            self._wrong("", found, "keys with values")

    def take(self, key: str, read: Callable[[object], T], *default: T) -> T:
        """The value of a key; the default (if there is one) where it is absent."""
        if key not in self._left and default:
            return default[0]
        value = self._left.pop(key, None)
        try:
            return read(value)
        except Wrong as error:
            self._wrong(key, value, str(error))
            # Never seen: problems are raised before the configuration is given away.
            return default[0] if default else None  # type: ignore[return-value]

    def inside(self, key: str, *, required: bool = False) -> Mapping[str, object]:
        """A mapping with at least one key if it is required."""
        value = self._left.pop(key, None)
        if value is None and not required:
            return {}
        if isinstance(value, dict) and value and all(isinstance(each, str) for each in value):
            return value
        self._wrong(key, value, "keys with values")
        return {}

    def done(self) -> None:
        """Refuses every key that nobody has taken."""
        for key, value in self._left.items():
            self._wrong(key, value, "nothing: there is no such key")

    def _wrong(self, key: str, value: object, write: str) -> None:
        path = ".".join(part for part in (self._path, key) if part) or "the file"
        found = "nothing" if value is None else repr(value)
        self._problems.append(Problem(path, found if len(found) < 80 else "a long value", write))
