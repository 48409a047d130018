"""Steps of building images on a machine that reaches no image registry, each kept in the cache."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from local.cache import cache_directory, locked, used

Log = Callable[[str], None]

BASE = "localhost/base"
PYTHON = "3.11"  # of the base system

# Mounts and processes of a step end with it, even when this process is killed.
CONTAINED = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
    *("--propagation", "private", "--"),
)


class ImageError(Exception):
    """A step of a build failed; the message has its last lines of output."""


class Storage:
    """buildah with a storage of its own, so that nothing of the machine's is touched."""

    def __init__(self, draft: Path) -> None:
        self._folder = draft / "storage"
        self._buildah = (
            *CONTAINED,
            "buildah",
            *("--root", str(self._folder / "root"), "--runroot", str(self._folder / "run")),
        )

    def commit(self, content: Path, name: str, *config: str) -> None:
        """An image with one layer: a folder's content, or a tar archive's."""
        container = run(*self._buildah, "from", "scratch").strip()
        run(*self._buildah, "add", "--quiet", container, str(content), "/")
        if config:
            run(*self._buildah, "config", *config, container)
        run(*self._buildah, "commit", "--quiet", "--rm", container, name)

    def build(self, context: Path, recipe: str, name: str, **arguments: str) -> None:
        """Runs a Dockerfile; steps that an earlier build had in common are taken from it."""
        pairs = {"PIP_NO_INDEX": "1", "BASE": BASE, **arguments}.items()
        chosen = [word for key, value in pairs for word in ("--build-arg", f"{key}={value}")]
        file = str(context / recipe / "Dockerfile")
        options = ("--layers", "--isolation", "chroot", "--file", file, "--tag", name)
        run(*self._buildah, "build", "--quiet", *options, *chosen, str(context))

    def archive(self, name: str, path: Path) -> None:
        """Writes an image as docker-archive."""
        run(*self._buildah, "push", "--quiet", name, f"docker-archive:{path}:{name}")

    def remove(self) -> None:
        """Away with all that is not in an archive."""
        shutil.rmtree(self._folder)


def kept(name: str, inputs: Iterable[bytes], make: Callable[[Path, Log], None], log: Log) -> Path:
    """The directory that make() filled, made once for these inputs."""
    folder = cache_directory() / "images"
    digest = hashlib.sha256()
    for content in inputs:
        digest.update(hashlib.sha256(content).digest())
    done = folder / f"{name}-{digest.hexdigest()[:16]}"
    with locked(folder / f"{name}.lock"):
        if not done.is_dir():
            draft = folder / f"{name}-draft"
            # What a build that was killed has left.
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            make(draft, log)
            draft.rename(done)
        used(done)
    return done


def contents(folder: Path) -> Iterable[bytes]:
    """Names and bytes of a file, or of all files of a folder."""
    for path in [folder] if folder.is_file() else sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield str(path.relative_to(folder)).encode()
            yield path.read_bytes()


def download(pins: Path, target: Path) -> None:
    """The wheels that a file of pins names, for the base system's Python."""
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:")
    run(*pip, "--python-version", PYTHON, "--dest", str(target), "--requirement", str(pins))


def run(*command: str) -> str:
    """What a command prints. Raises ImageError with its last lines when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-8:]
        step = " ".join(command).removeprefix(" ".join(CONTAINED)).strip()
        raise ImageError(f"{step}: exit code {done.returncode}\n" + "\n".join(lines))
    return done.stdout
