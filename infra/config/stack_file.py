"""A `Pulumi.<stack>.yaml` to a configuration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path as FilePath

from infra.config import document
from infra.config.describe import nearest, show
from infra.config.errors import ConfigErrors, Path, Problem, prefixes
from infra.config.parse import parse
from infra.config.schema import PREFIX, TOP_KEYS
from infra.config.stack import StackConfig

_NAMESPACE = PREFIX.rstrip(":")


Files = Callable[[str], bytes]
"""The content of the file of a stack, by the stack's name. Raises OSError where there is none."""


def beside(path: FilePath | str) -> Files:
    """Files of the directory that a stack file is in; of the current one for standard input."""
    file = FilePath(path)
    # Of a pipe, where the file comes from is not known.
    directory = FilePath() if file.exists() and not file.is_file() else file.parent
    return lambda stack: (directory / f"Pulumi.{stack}.yaml").read_bytes()


HERE = beside("Pulumi.yaml")


def load_file(path: FilePath | str) -> StackConfig:
    """Read a stack file; nothing is decrypted, so each secret is a stand-in.

    The file of its `base` is looked for beside it.

    Raises ConfigErrors with every problem and its line, OSError if the file cannot be read.
    """
    return load(FilePath(path).read_bytes(), beside(path))


def load(content: bytes, files: Files = HERE, above: tuple[str, ...] = ()) -> StackConfig:
    """Read the content of a stack file, as `load_file` does; `above` are stacks that stand on it.

    `files` knows that of its base.
    """
    read = document.read(content)
    problems = [replace(each, path=_shown(each.path)) for each in read.problems]
    problems += _frame(read.values)
    values = _ours(read.values)
    config = None
    try:
        base = _base(values.get("base"), files, above)
        config = parse(values, plain_secrets=False, base=base)
    except ConfigErrors as errors:
        refused = {each.path for each in problems}
        problems += (each for each in errors.problems if not refused & prefixes(each.path))
    if config is None or problems:
        lines = {_shown(path): line for path, line in read.lines.items()}
        raise ConfigErrors(each if each.line else _with_line(each, lines) for each in problems)
    return config


def _base(name: object, files: Files, above: tuple[str, ...]) -> StackConfig | None:
    if not isinstance(name, str):
        # None, or what its type refuses.
        return None
    if name in above:
        write = "a stack that stands on none of those that stand on it"
        raise ConfigErrors([Problem(("base",), f"{show(name)}, in a circle", write)])
    try:
        return load(files(name), files, (*above, name))
    except OSError:
        write = f"a stack whose file is there: Pulumi.{name}.yaml, beside this one"
        raise ConfigErrors([Problem(("base",), show(name), write)]) from None
    except ConfigErrors as errors:
        first = errors.problems[0]
        found = f"{show(name)}, whose file is refused ({first})"
        write = f"that file right: python -m infra.config check Pulumi.{name}.yaml"
        raise ConfigErrors([Problem(("base",), found, write)]) from None


def _ours(values: object) -> dict[str, object]:
    config = values.get("config") if isinstance(values, dict) else None
    if not isinstance(config, dict):
        return {}
    return {
        key.removeprefix(PREFIX): value for key, value in config.items() if key.startswith(PREFIX)
    }


def _frame(values: object) -> Iterator[Problem]:
    """Find what is wrong around our values."""
    if not isinstance(values, dict):
        found = "an empty file" if values is None else show(values)
        yield Problem((), found, f"a mapping with config, under which {PREFIX} keys stand")
        return
    for key in values:
        if key not in TOP_KEYS:
            yield Problem((key,), "an unknown key", f"{nearest(key, TOP_KEYS)}, or remove it")
    config = values.get("config")
    if not isinstance(config, dict):
        yield Problem(("config",), show(config), f"a mapping with {PREFIX} keys")
        return
    for key in config:
        namespace, colon, name = key.partition(":")
        if not colon or not name:
            yield Problem(("config", key), "a key without namespace", f"{PREFIX}{namespace}")
        elif namespace != _NAMESPACE and get_close_matches(namespace, [_NAMESPACE], cutoff=0.8):
            yield Problem(("config", key), f"the namespace {namespace}", f"{PREFIX}{name}")


def _shown(path: Path) -> Path:
    """Turn a path in the file into the one that `pulumi config set --path` takes."""
    if len(path) > 1 and path[0] == "config" and str(path[1]).startswith(PREFIX):
        return (str(path[1]).removeprefix(PREFIX), *path[2:])
    return path


def _with_line(problem: Problem, lines: dict[Path, int]) -> Problem:
    """Give the line of the value, or of what it is missing from."""
    known = [each for each in prefixes(problem.path) if each in lines]
    return replace(problem, line=lines[max(known, key=len)] if known else None)
