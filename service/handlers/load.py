"""From `model.yaml` to a handler.

handler: ocr              # or tensor, or <file.py>:<Class>, a file in the model directory
stages: [det, rec]        # every other key is an argument of the handler
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from service.errors import StartError
from service.handlers import Handler
from service.handlers.model import Model
from service.settings import Settings
from service.tensors import DATATYPES, Spec

_FILE = "model.yaml"
_MODULE = "model_handler"


def load(settings: Settings, gpu: int) -> Handler:
    """The handler that `model.yaml` in the model directory names, with its networks loaded.

    Args:
        gpu: index of the GPU to use, if the engine has any.

    Raises:
        StartError: a file is missing or damaged, a key is unknown or has a wrong value, or the
            handler's own code fails.
    """
    path = settings.model_dir / _FILE
    options = _options(path)
    name = options.pop("handler", None)
    found = _handler_class(path, name)
    _check_keys(path, name, found, options)
    make: Callable[..., Handler] = found
    model = Model(settings.model_dir, settings.engine, gpu, settings.max_pixels)
    try:
        handler = make(model, **options)
    except StartError:
        raise
    except Exception as error:
        raise StartError(f"{path}: handler {name} fails: {_where(error, path.parent)}") from error
    _check(f"{path}: handler {name}", handler)
    return handler


def _options(path: Path) -> dict[str, Any]:
    try:
        options = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StartError(
            f"{path} cannot be read ({error.strerror}); mount the model there"
        ) from None
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else "somewhere"
        raise StartError(f"{path} is not YAML: {line}: {error.problem}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise StartError(f"{path} is not YAML in UTF-8") from None
    if not isinstance(options, dict) or not all(isinstance(key, str) for key in options):
        raise StartError(f"{path} has no keys; the least is `handler: ocr` or `handler: tensor`")
    return options


def _handler_class(path: Path, name: object) -> type[Handler]:
    # Imported here: each needs packages that another handler's image may lack.
    if name == "ocr":
        from service.handlers.ocr import Ocr  # noqa: PLC0415

        return Ocr
    if name == "tensor":
        from service.handlers.tensor import TensorHandler  # noqa: PLC0415

        return TensorHandler
    file, colon, member = str(name).rpartition(":")
    if not colon or not file.endswith(".py"):
        raise StartError(
            f"{path}: handler is {name!r}; write ocr, tensor, or <file.py>:<Class> for a file in "
            "the model directory"
        )
    found = getattr(_module(path, file), member, None)
    if not (isinstance(found, type) and issubclass(found, Handler)):
        what = "is no service.handlers.Handler" if found else "is not there"
        raise StartError(f"{path}: handler is {name}; {member} {what} in {file}")
    if lacking := sorted(getattr(found, "__abstractmethods__", ())):
        raise StartError(f"{path}: handler {name} lacks the method {' and '.join(lacking)}")
    return found


def _module(path: Path, file: str) -> ModuleType:
    source = path.parent / file
    if not source.is_file():
        raise StartError(f"{path}: handler names {file}; {source} is missing")
    # At the end: a file of the model must not stand in for a package.
    if str(source.parent) not in sys.path:
        sys.path.append(str(source.parent))
    spec = importlib.util.spec_from_file_location(_MODULE, source)
    if spec is None or spec.loader is None:
        raise StartError(f"{path}: handler names {file}, which is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_MODULE] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise StartError(f"{path}: {file} fails: {_where(error, path.parent)}") from error
    return module


def _where(error: Exception, directory: Path) -> str:
    """The error on one line, with the last line of the developer's code that led to it."""
    words = " ".join(str(error).split())
    text = f"{type(error).__name__}: {words}" if words else type(error).__name__
    if isinstance(error, SyntaxError):
        return text  # names file and line itself
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(directory)]
    frame = (own or frames)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}: {text}"


def _check_keys(path: Path, name: object, found: type[Handler], options: dict[str, Any]) -> None:
    _, *known = inspect.signature(found).parameters.values()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in known):
        return
    names = [parameter.name for parameter in known]
    takes = ", ".join(names) or "none"
    if unknown := sorted(set(options) - set(names)):
        raise StartError(
            f"{path}: unknown key {unknown[0]!r}; beside `handler`, {name} takes: {takes}"
        )
    needed = [p.name for p in known if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    if missing := [key for key in needed if key not in options]:
        raise StartError(f"{path}: the key {missing[0]!r} is missing; handler {name} needs it")


def _check(handler_of: str, handler: Handler) -> None:
    """That the handler has set what the service reads.

    Raises:
        StartError: it has not.
    """
    for name in ("inputs", "outputs", "networks"):
        if not hasattr(handler, name):
            raise StartError(f"{handler_of} does not set `{name}` in its __init__")
    for name, specs in (("inputs", handler.inputs), ("outputs", handler.outputs)):
        _check_specs(f"{handler_of}: `{name}`", specs)
    for network in handler.networks.values():
        if not isinstance(getattr(network, "max_batch", None), int):
            raise StartError(f"{handler_of}: `networks` holds {network!r}, which has no max_batch")
    _check_signals(f"{handler_of}: `signals`", handler.signals)


def _check_specs(where: str, specs: object) -> None:
    if not isinstance(specs, (list, tuple)) or not specs:
        raise StartError(f"{where} is {specs!r}; it needs at least one Spec")
    for spec in specs:
        if not isinstance(spec, Spec) or spec.datatype not in DATATYPES:
            raise StartError(f"{where} has {spec!r}; a datatype is one of {', '.join(DATATYPES)}")
        if not all(isinstance(size, int) and (size > 0 or size == -1) for size in spec.shape):
            raise StartError(f"{where}: the shape of {spec.name} is {spec.shape}; -1 is any size")
    names = [spec.name for spec in specs]
    if len(set(names)) < len(names):
        raise StartError(f"{where} has a name twice: {', '.join(names)}")


def _check_signals(where: str, signals: Mapping[str, Any]) -> None:
    for name, bounds in signals.items():
        if not bounds or list(bounds) != sorted(set(bounds)):
            raise StartError(f"{where}: {name} has the bounds {bounds}; they need to ascend")
