"""The Pulumi packages of clouds, as wheels that Python reads without unpacking them.

Unpacked and compiled the three take a gigabyte and a minute; as they come, 36 MB and a second.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from local.cache import cache_directory, locked
from local.python_env import ROOT

REQUIREMENTS = ROOT / "requirements-clouds.txt"


def wheels() -> list[Path]:
    """The wheels of requirements-clouds.txt, fetched if the cache lacks them."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    place = cache_directory() / "wheels" / digest
    with locked(place.with_suffix(".lock")):
        if not place.is_dir():
            scratch = place.with_suffix(".making")
            shutil.rmtree(scratch, ignore_errors=True)
            fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            subprocess.run([*fetch, "--dest", scratch, "--requirement", REQUIREMENTS], check=True)
            scratch.rename(place)
    return sorted(place.glob("*.whl"))
