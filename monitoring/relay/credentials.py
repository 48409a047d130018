"""Secrets in files, read anew each time: Kubernetes swaps them below a running container."""

from __future__ import annotations

from pathlib import Path

_LONGEST = 4096


class Unreadable(Exception):
    """A secret cannot be had; the message names the file and never what is in it."""


def read(file: Path) -> str:
    """The secret in a file, without the white space around it.

    Raises:
        Unreadable: there is no such file, it cannot be read, or it holds no single line of text.
    """
    try:
        with file.open(encoding="ascii") as opened:
            secret = opened.read(_LONGEST).strip()
    except OSError as error:
        raise Unreadable(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Unreadable(f"{file}: no ASCII text") from None
    if not secret or not secret.isprintable():
        raise Unreadable(f"{file}: {'empty' if not secret else 'more than one line'}")
    return secret
