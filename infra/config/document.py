"""YAML text to plain values, as strictly as a file deserves that moves traffic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from infra.config.errors import ConfigErrors, Path, Problem
from infra.config.values import Secret

MOST_BYTES = 1024 * 1024
MOST_VALUES = 50_000
MOST_LEVELS = 32
"""Limits on a file, and on what its aliases unfold to: far above any stack, far below trouble."""

_TAG = "tag:yaml.org,2002:"
_KINDS = {
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
    "timestamp": "a date",
}
_SECRET_STAND_IN = "[secret]"


@dataclass
class Document:
    """A YAML file as plain values.

    values: text, numbers, booleans, None, lists and mappings with text keys; `Secret` for
        `{secure: ciphertext}`.
    lines: line of each path, counted from 1.
    problems: what YAML allows and a stack file must not have.
    """

    values: object = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read(content: bytes) -> Document:
    """Read YAML; duplicate keys, keys that are no text and exotic values become problems.

    Raises ConfigErrors where the content is no YAML at all, or too large.
    """
    if len(content) > MOST_BYTES:
        raise ConfigErrors([Problem((), f"{len(content)} bytes", f"at most {MOST_BYTES}")])
    try:
        text = content.decode("utf-8-sig")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigErrors([Problem((), "a byte that is no UTF-8", "UTF-8", line)]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        found = f"what is no YAML ({error.problem or error.context})"
        raise ConfigErrors([Problem((), found, "YAML, indented by spaces", line)]) from None
    except yaml.YAMLError:
        problem = Problem((), "a character that YAML does not allow", "printable text")
        raise ConfigErrors([problem]) from None
    except RecursionError:
        raise ConfigErrors([Problem((), "very deep nesting", "a stack file")]) from None
    document = Document()
    if root is not None:
        document.values = _Reader(document).value(root, ())
    return document


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._left = MOST_VALUES
        self._scalars = yaml.constructor.SafeConstructor()

    def value(self, node: yaml.Node, path: Path) -> object:
        self._document.lines.setdefault(path, node.start_mark.line + 1)
        self._left -= 1
        if self._left < 0:
            problem = Problem((), f"more than {MOST_VALUES} values", "fewer, or fewer aliases")
            raise ConfigErrors([problem])
        if len(path) > MOST_LEVELS:
            problem = Problem((), f"more than {MOST_LEVELS} levels", "fewer, and no endless alias")
            raise ConfigErrors([problem])
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.value(each, (*path, at)) for at, each in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        self._refuse(node, path, "a tag of YAML's own", "no tag")
        return None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object] | Secret:
        values: dict[str, object] = {}
        for key, each in self._entries(node, path):
            values[key] = self.value(each, (*path, key))
        if list(values) == ["secure"] and isinstance(values["secure"], str):
            return Secret(_SECRET_STAND_IN)
        return values

    def _entries(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, yaml.Node]]:
        first: dict[str, int] = {}
        for key, each in node.value:
            text = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if key.tag == f"{_TAG}merge":
                self._refuse(key, path, "the key <<", "the merged keys themselves")
            elif not isinstance(key, yaml.ScalarNode):
                self._refuse(key, path, "a key that is no text", "a text")
            elif key.tag != f"{_TAG}str":
                found = f"the key {text[:60]}, which YAML reads as {_kind(key)}"
                self._refuse(key, path, found, f'it in quotes: "{text[:60]}"')
            elif text in first:
                self._refuse(
                    key, (*path, text), f"the key again, as in line {first[text]}", "it once"
                )
            else:
                first[text] = key.start_mark.line + 1
                self._document.lines[(*path, text)] = first[text]
                yield text, each

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> object:
        try:
            match node.tag.removeprefix(_TAG):
                case "str":
                    return str(node.value)
                case "null":
                    return None
                case "bool":
                    return bool(self._scalars.construct_yaml_bool(node))
                case "int":
                    return int(self._scalars.construct_yaml_int(node))
                case "float":
                    return float(self._scalars.construct_yaml_float(node))
        except (ValueError, OverflowError, IndexError, KeyError):
            # A tag such as !!int can stand before anything.
            pass
        self._refuse(node, path, f"what YAML takes for {_kind(node)}", "it in quotes")
        return None

    def _refuse(self, node: yaml.Node, path: Path, found: str, write: str) -> None:
        line = node.start_mark.line + 1
        self._document.problems.append(Problem(path, found, write, line))


def _kind(node: yaml.Node) -> str:
    kind = node.tag.removeprefix(_TAG)
    return _KINDS.get(kind, f"{kind[:60]} data")
