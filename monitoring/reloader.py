"""`python -m monitoring.reloader DIRECTORY URL`: POST to the URL when a file there has changed.

Alertmanager reads its configuration anew when it is told to, and the kubelet renews the files of a
ConfigMap without telling anybody. Prometheus looks by itself.
"""

from __future__ import annotations

import hashlib
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

LOOK_S = 5.0
_PATIENCE_S = 10.0


def main() -> None:
    """Look for ever; SIGTERM ends it at once, there is nothing to finish."""
    if len(sys.argv) != 3:
        sys.exit("usage: python -m monitoring.reloader DIRECTORY URL")
    watch(Path(sys.argv[1]), sys.argv[2])


def watch(directory: Path, url: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """Compare the content every 5 s with what was last loaded.

    What was there at the start counts as loaded. What is refused is tried again only when it has
    changed; a server that does not answer is asked again.
    """
    loaded = digest(directory)
    while True:
        sleep(LOOK_S)
        found = digest(directory)
        if found != loaded and _told(url):
            loaded = found


def digest(directory: Path) -> bytes:
    """Over names and contents of the files; what is renewed meanwhile shows the next time."""
    hashed = hashlib.sha256()
    for path in sorted(directory.iterdir()):
        # Behind `..data` lie the same files: the kubelet's way to change all of them at once.
        if path.is_file():
            hashed.update(f"{path.name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return hashed.digest()


def _told(url: str) -> bool:
    """Whether the server has made up its mind about its files."""
    reload = urllib.request.Request(url, method="POST")  # noqa: S310 - ours, from the manifest
    try:
        with urllib.request.urlopen(reload, timeout=_PATIENCE_S):  # noqa: S310
            print("reloaded", flush=True)
    except urllib.error.HTTPError as refused:
        why = refused.read().decode(errors="replace").strip()
        print(f"the new files are refused, the old ones stay: {why}", flush=True)
    except OSError as away:
        print(f"{url} does not answer: {away}; it is asked again", flush=True)
        return False
    return True


if __name__ == "__main__":
    main()
