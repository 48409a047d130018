"""YAML for people: keys in their order, lines as lines, and no anchors."""

from __future__ import annotations

from collections.abc import Iterable

import yaml

NOT_TEXT = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
"""Words in lower case that some reader of YAML takes for something else than text."""


class _Plain(yaml.SafeDumper):
    """Labels that several objects share are written out in each."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: _Plain, text: str) -> yaml.ScalarNode:
    """Lines stay lines: a file inside an object is read in review."""
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _text)


def dump(value: object) -> str:
    """One value as YAML."""
    return yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True)


def dump_all(values: Iterable[object]) -> str:
    """Values as one YAML text with a document each."""
    return yaml.dump_all(
        values, Dumper=_Plain, sort_keys=False, allow_unicode=True, explicit_start=True
    )
