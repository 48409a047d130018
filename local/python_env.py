"""A virtual environment for a requirements file, cached by content outside the checkout.

    python3 -m local.python_env [REQUIREMENTS]     prints its directory

Needs nothing but the standard library, since everything else comes out of it.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from local.cache import cache_directory, locked, used

ROOT = Path(__file__).resolve().parent.parent


def environment(requirements: Path) -> Path:
    """The directory of an environment that holds what `requirements` names, made if need be.

    Raises `subprocess.CalledProcessError` when pip cannot install it; nothing is left then.
    """
    directory = cache_directory() / "venv" / f"{requirements.stem}-{_digest(requirements)}"
    with locked(directory.with_suffix(".lock")):
        if not (directory / "complete").exists():
            _make(directory, requirements)
        used(directory)
    return directory


def _make(directory: Path, requirements: Path) -> None:
    # Scripts carry the path of their environment, so it is made in place and marked at the end.
    shutil.rmtree(directory, ignore_errors=True)
    print(f"installing {requirements.name} (a minute or two, once)", file=sys.stderr, flush=True)
    venv.create(directory, with_pip=True)
    subprocess.run(
        [directory / "bin/python", "-m", "pip", "install", "--quiet", "-r", requirements],
        check=True,
        stdout=sys.stderr,
    )
    (directory / "complete").touch()


def _digest(requirements: Path) -> str:
    """Over the interpreter and every file that the requirements take in."""
    digest = hashlib.sha256(sys.version.encode())
    pending = [requirements]
    while pending:
        file = pending.pop()
        text = file.read_bytes()
        digest.update(text)
        for line in text.decode().splitlines():
            if line.startswith(("-r ", "-c ")):
                pending.append(file.parent / line.split()[1])
    return digest.hexdigest()[:12]


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "requirements-dev.txt"
    print(environment(chosen.resolve()))
