"""Runs tests with a mutant in the place of its module, each in a process of its own."""

from __future__ import annotations

import importlib
import os
import resource
import sys
import tempfile
from collections.abc import Iterable, Iterator
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType

import hypothesis
import pytest

from tests.mutation.mutants import Mutant
from tests.mutation.targets import ROOT, Tests

# Imported once for all mutants. Nothing here may import one of the targets.
_IMPORTED_ONCE = ("hypothesis.stateful", "infra.config", "pydantic", "tests.conftest")
_WORKERS = 2
# Of the processor's time, so that a busy machine finds the same: tests take a few seconds.
_MOST_SECONDS = 60
_PASSED = 0
_PROFILE = "mutation"
_OPTIONS = [
    *("-x", "-q", "-p", "no:cacheprovider", f"--hypothesis-profile={_PROFILE}"),
    # Of all plugins that are installed these two are needed; some take longer than the tests.
    *("-p", "pytest_timeout", "-p", "_hypothesis_pytestplugin"),
]


class _Mutated(MetaPathFinder, InspectLoader):
    """Finds one module, and loads other source in its place."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = mutant.file.removesuffix(".py").replace("/", ".")
        self._source = mutant.source

    def find_spec(
        self, fullname: str, path: object, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return spec_from_loader(fullname, self) if fullname == self.name else None

    def get_source(self, fullname: str) -> str:
        return self._source


def outcomes(
    wanted: Iterable[tuple[Mutant, Tests]],
) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant as its tests end, in any order, and whether something noticed it."""
    _prepare()
    running: dict[int, Mutant] = {}
    with tempfile.TemporaryDirectory(prefix="mutation-") as directory:
        for mutant, tests in wanted:
            if len(running) == _WORKERS:
                yield _ended(running)
            running[_started(mutant, tests, directory)] = mutant
        while running:
            yield _ended(running)


def passes(file: str, tests: Tests) -> bool:
    """Whether tests pass while a module is loaded as mutants are, but is as it was."""
    unchanged = Mutant(file, 1, "", "none", (ROOT / file).read_text())
    return not any(noticed for _, noticed in outcomes([(unchanged, tests)]))


def _prepare() -> None:
    """Import what all tests need, and have properties tried on the same examples each time."""
    os.chdir(ROOT)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in _IMPORTED_ONCE:
        importlib.import_module(name)
    hypothesis.settings.register_profile(
        _PROFILE,
        database=None,
        deadline=None,
        derandomize=True,
        # The first example that fails is enough, however large.
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )


def _started(mutant: Mutant, tests: Tests, directory: str) -> int:
    sys.stdout.flush()
    if child := os.fork():
        return child
    # Whatever happens, no process but the first one may go on from here.
    status = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
        status = _tested(mutant, tests, f"{directory}/{os.getpid()}")
    finally:
        os._exit(status)


def _tested(mutant: Mutant, tests: Tests, directory: str) -> int:
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, sys.stdout.fileno())
    os.dup2(silent, sys.stderr.fileno())
    loader = _Mutated(mutant)
    if loader.name in sys.modules:
        raise RuntimeError(f"{loader.name} was imported before it was mutated")
    sys.meta_path.insert(0, loader)
    results = (pytest.main([*_OPTIONS, f"--basetemp={directory}", *group]) for group in tests)
    return next((int(result) for result in results if result != _PASSED), _PASSED)


def _ended(running: dict[int, Mutant]) -> tuple[Mutant, bool]:
    child, status = os.wait()
    return running.pop(child), status != _PASSED
