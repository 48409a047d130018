"""`python -m local.rollout_image --name NAME`: the rollout controller's image into an instance.

Apart from the other images, since only who tries the controller in the cluster needs its 500 MB.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from local import toolchain
from local.cluster import instance
from local.cluster.layout import Layout
from local.cluster.record import running
from local.image_steps import BASE, PYTHON, Log, Storage, contents, kept, run
from local.images import base_system
from local.toolset import ENGINE

IMAGE = "paddle-canary.local/rollout:1"

_ENGINE = "localhost/engine"
_ROOT = Path(__file__).parents[1]
_RECIPE = "rollout"
# What it copies.
_FILES = ("requirements.txt", "constraints.txt")
_PACKAGES = ("infra", "rollout")


def build(log: Log) -> Path:
    """The tar archive of the image, from the built engine. Raises ImageError, BuildError."""
    base = base_system(log)
    tools = toolchain.ensure(ENGINE, log)
    inputs = [base.name.encode(), Path(__file__).read_bytes(), str(tools).encode()]
    inputs += [content for part in (*_FILES, *_PACKAGES) for content in contents(_ROOT / part)]
    return kept("rollout", inputs, partial(_make, base / "base.tar", tools), log) / "rollout.tar"


def _make(base: Path, tools: Mapping[str, Path], draft: Path, log: Log) -> None:
    log("rollout image: wheels from the Python package index, about 60 MB")
    context, engine = draft / "context", draft / "engine"
    context.mkdir()
    for name in _FILES:
        shutil.copy2(_ROOT / name, context)
    for package in _PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(_ROOT / package, context / package, ignore=ignored)
    _download(context)
    for directory in tools.values():
        shutil.copytree(directory, engine / "pulumi" / "bin", dirs_exist_ok=True)
    storage = Storage(draft)
    storage.commit(base, BASE)
    storage.commit(engine, _ENGINE)
    log("rollout image: the engine and the controller")
    storage.build(context, _RECIPE, IMAGE, ENGINE=_ENGINE)
    storage.archive(IMAGE, draft / "rollout.tar")
    storage.remove()
    shutil.rmtree(context)
    shutil.rmtree(engine)


def _download(context: Path) -> None:
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:")
    pins = str(context / "requirements.txt")
    run(*pip, "--python-version", PYTHON, "--dest", str(context / "wheels"), "--requirement", pins)


def main() -> int:
    """Exit status: 0 it is there, 1 the instance is not up."""
    parser = argparse.ArgumentParser(prog="python -m local.rollout_image", description=__doc__)
    parser.add_argument("--name", default="demo", help="which instance (default: demo)")
    layout = Layout(parser.parse_args().name)
    record = running(layout)
    if record is None:
        print(f"{layout.name} is not up: python -m local up --name {layout.name}", file=sys.stderr)
        return 1
    instance.import_images(layout, record, {IMAGE: build(print)}, print)
    return 0


if __name__ == "__main__":
    sys.exit(main())
