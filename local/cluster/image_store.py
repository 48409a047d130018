"""What containerd makes of the images, made once and given to every node as hard links.

Unpacking takes a minute a node, linking a second. Layers never change once they are unpacked:
containers write to directories of their own, and deleting a link leaves the others.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from local.cache import cache_directory, locked, used

_CONFIGURATION = """\
version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
"""
# In namespaces of its own: nothing of it survives, whatever is killed.
_CONTAINED = ("unshare", "--fork", "--kill-child", "--pid", "--mount", "--mount-proc")
_IMPORT = """\
mount -t tmpfs tmpfs /run
containerd --config "$1" --root "$2" > "$3" 2>&1 &
daemon=$!
until [ -S /run/containerd/containerd.sock ]; do kill -0 $daemon; sleep 0.1; done
shift 3
for archive; do ctr --namespace k8s.io images import "$archive"; done
kill $daemon
wait
"""
_IMPORT_SECONDS = 600


def prepare(images: Mapping[str, Path], log: Callable[[str], None]) -> Path:
    """containerd's root directory with all images (archives by name) unpacked, from the cache."""
    folder = cache_directory() / "containerd"
    done = folder / f"store-{_digest(images)}"
    with locked(folder / ".lock"):
        if not done.is_dir():
            log("cluster: unpacking images for the nodes, a minute or two, once")
            draft = folder / "draft"
            # What was killed on the way.
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            _fill(draft, list(images.values()))
            draft.rename(done)
        # Nodes keep their links to what goes.
        used(done)
    return done / "root"


def give(store: Path, target: Path) -> None:
    """A node's containerd root from the store, unless the node has one. Complete or not there."""
    if target.exists():
        return
    draft = target.with_name(f".{target.name}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    link = ["--link"] if store.stat().st_dev == draft.parent.stat().st_dev else []
    subprocess.run(["cp", "--archive", *link, str(store), str(draft)], check=True)
    for database in draft.glob("*/*.db"):
        # The only files that are written in place.
        own = database.with_suffix(".own")
        shutil.copyfile(database, own)
        own.rename(database)
    draft.rename(target)


def _fill(directory: Path, archives: list[Path]) -> None:
    configuration = directory / "config.toml"
    configuration.write_text(_CONFIGURATION)
    arguments = [configuration, directory / "root", directory / "log", *archives]
    subprocess.run(
        [*_CONTAINED, "sh", "-ec", _IMPORT, "sh", *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=_IMPORT_SECONDS,
    )


def _digest(images: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, archive in sorted(images.items()):
        digest.update(f"{name} {fingerprint(archive)}\n".encode())
    return digest.hexdigest()[:12]


def fingerprint(archive: Path) -> str:
    """Tells an archive from one that was built later under the same name."""
    return f"{archive.stat().st_size} {archive.stat().st_mtime_ns}"
