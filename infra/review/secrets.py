"""Which secrets of a stack file change. Values are never read: there are only ciphertexts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import yaml

from infra.config.errors import Path, show_path
from infra.config.schema import PREFIX

_KEYS = ("encryptionsalt", "encryptedkey", "secretsprovider")
"""Keys of a stack file that say with what its secrets are encrypted."""


def ciphertexts(content: bytes) -> dict[Path, str]:
    """The ciphertext at each path, and what they were encrypted with.

    `content` has been read by `infra.config` before, which refuses what is no stack file.
    """
    values = yaml.safe_load(content) or {}
    found = dict(_walk((), values.get("config") or {}))
    return found | {(key,): str(values[key]) for key in _KEYS if key in values}


def changed_secrets(before: Mapping[Path, str], after: Mapping[Path, str]) -> list[str]:
    """A line for each secret that comes, goes or is encrypted anew, without any value."""
    return [
        f"{_shown(path)} {_what(path in before, path in after)}"
        for path in dict.fromkeys((*before, *after))
        if before.get(path) != after.get(path)
    ]


def _walk(path: Path, value: object) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict):
        if list(value) == ["secure"]:
            yield path, str(value["secure"])
        else:
            for key, each in value.items():
                yield from _walk((*path, str(key)), each)
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from _walk((*path, at), each)


def _shown(path: Path) -> str:
    first, *rest = path
    return show_path((str(first).removeprefix(PREFIX), *rest))


def _what(was: bool, is_: bool) -> str:
    if was and is_:
        return "is another ciphertext: a new value, or the same one encrypted again"
    return "is new" if is_ else "is taken away"
