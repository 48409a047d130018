"""Node pools of clouds, registered with the clouds' own Pulumi packages."""

from __future__ import annotations

import importlib
import inspect
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from infra.config import ManagedPool, StackConfig, parse
from infra.managed_pools import PACKAGES, inputs
from tests.mocks.packages import REQUIREMENTS, wheels
from tests.mocks.program import Recorder, Registered, run_with, update

CASE = Path(__file__).parents[1] / "golden" / "cases" / "managed.yaml"
_CONFIG = yaml.safe_load(CASE.read_text())["config"]
VALUES = {key.removeprefix("paddle-canary:"): value for key, value in _CONFIG.items()}
STACK: StackConfig = parse(VALUES)
POOLS = {name: pool for name, pool in STACK.node_pools.items() if isinstance(pool, ManagedPool)}
OF_POOL = pytest.mark.parametrize("name", POOLS)


@pytest.fixture(scope="module", autouse=True)
def packages() -> Iterator[None]:
    """The packages are there, and gone again afterwards."""
    added = [str(wheel) for wheel in wheels()]
    sys.path[:0] = added
    yield
    sys.path[:] = [each for each in sys.path if each not in added]
    for name in list(sys.modules):
        if name.startswith(("pulumi_alicloud", "pulumi_aws", "pulumi_gcp")):
            del sys.modules[name]


@pytest.fixture(scope="module")
def registered(packages: None) -> dict[str, Registered]:
    return update(VALUES).registered


def module_of(pool: ManagedPool) -> Any:  # noqa: ANN401 - whatever the cloud's package is
    return importlib.import_module(PACKAGES[type(pool)].module)


def test_the_pins_are_those_that_the_program_names() -> None:
    lines = REQUIREMENTS.read_text().splitlines()
    assert {line for line in lines if not line.startswith("#")} == {
        f"{package.name}=={package.version}" for package in PACKAGES.values()
    }


@OF_POOL
def test_each_pool_is_registered_with_what_was_computed(
    registered: dict[str, Registered], name: str
) -> None:
    pool = POOLS[name]
    found = registered[f"{PACKAGES[type(pool)].kind}/{name}"]
    assert found.parent == f"NodePool/{name}"
    assert found.ignores == PACKAGES[type(pool)].ignored
    assert camel(inputs(name, pool)).items() <= found.inputs.items()


def camel(value: Any) -> Any:  # noqa: ANN401 - any argument
    """As the engine gets it: properties in camelCase, keys of labels as they are."""
    if isinstance(value, list):
        return [camel(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    is_labels = isinstance(value.get("labels"), Mapping)
    kept = {"labels": value["labels"]} if is_labels else {}
    return {_camel(key): camel(each) for key, each in value.items()} | kept


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


@OF_POOL
def test_the_package_knows_every_argument_and_its_type(name: str) -> None:
    pool = POOLS[name]
    module = module_of(pool)
    arguments = getattr(module, f"{PACKAGES[type(pool)].kind}Args")
    assert list(misfits(module, arguments, inputs(name, pool))) == []


@pytest.mark.parametrize(
    ("path", "value", "misfit"),
    [
        (("scaling_config", "max_nodes"), 2, "max_nodes is unknown"),
        (("scaling_config", "max_size"), "2", "max_size is '2'"),
        (("taints",), {"key": "a"}, "taints is {'key': 'a'}"),
        (("clutser_name",), "models", "clutser_name is unknown"),
        (("cluster_name",), None, "cluster_name is missing"),
    ],
)
def test_a_wrong_argument_would_be_found(path: tuple[str, ...], value: object, misfit: str) -> None:
    pool = POOLS["eks-canary"]
    wrong = inputs("eks-canary", pool)
    *above, last = path
    at = wrong
    for key in above:
        at = at[key]
    at[last] = value
    if value is None:
        del at[last]
    module = module_of(pool)
    assert list(misfits(module, module.NodeGroupArgs, wrong)) == [misfit]


def misfits(module: Any, arguments: type, given: Mapping[str, Any]) -> Iterator[str]:  # noqa: ANN401
    """What of `given` the package's class of arguments does not take, by its own annotations."""
    parameters = inspect.signature(arguments).parameters
    hints = typing.get_type_hints(inspect.getattr_static(arguments, "__init__"), vars(module))
    for name, parameter in parameters.items():
        if parameter.default is inspect.Parameter.empty and name not in given:
            yield f"{name} is missing"
    for name, value in given.items():
        if name not in parameters:
            yield f"{name} is unknown"
        else:
            yield from _misfits(module, hints[name], name, value)


def _misfits(module: Any, hint: Any, name: str, value: Any) -> Iterator[str]:  # noqa: ANN401
    for choice in _choices(hint):
        origin = typing.get_origin(choice) or choice
        if isinstance(value, Mapping) and str(getattr(origin, "__name__", "")).endswith("Args"):
            yield from misfits(module, origin, value)
            return
        if isinstance(value, list) and origin in (list, typing.Sequence, *_SEQUENCES):
            for each in value:
                yield from _misfits(module, typing.get_args(choice)[0], name, each)
            return
        if isinstance(value, Mapping) and origin in _MAPPINGS:
            for each in value.values():
                yield from _misfits(module, typing.get_args(choice)[1], name, each)
            return
        if type(value) is origin:
            return
    yield f"{name} is {value!r}"


_SEQUENCES = tuple({typing.get_origin(typing.Sequence[int])})
_MAPPINGS = tuple({typing.get_origin(typing.Mapping[str, int])})


def _choices(hint: Any) -> Iterator[Any]:  # noqa: ANN401
    """What may stand there, once it is no output any more."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        for each in typing.get_args(hint):
            yield from _choices(each)
    elif typing.get_origin(hint) is not pulumi.Output:
        yield hint


def test_a_package_that_is_missing_declares_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [each for each in sys.path if "pulumi_aws" not in each])
    for name in [each for each in sys.modules if each.startswith("pulumi_aws")]:
        monkeypatch.delitem(sys.modules, name)
    recorder = Recorder({})
    with pytest.raises(pulumi.RunError) as error:
        run_with(recorder, VALUES)
    assert (
        "nodePools.eks-canary.provider: needs the Python package pulumi-aws, which is not "
        "installed; run: pip install pulumi-aws==7.51.1" in str(error.value)
    )
    assert "nothing was changed" in str(error.value)
    assert recorder.registered == {}
