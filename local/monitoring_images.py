"""Images of what a stack deploys to watch its models: the relay, Prometheus and Alertmanager."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from local.image_steps import BASE, Log, Storage, contents, download, kept

RELAY = "paddle-canary.local/relay:1"
# Programs with nothing around them, by the tool that they are built as.
SERVERS = {
    "prometheus": "paddle-canary.local/prometheus:v3.16.0",
    "alertmanager": "paddle-canary.local/alertmanager:v0.31.1",
}

_HERE = Path(__file__)
_ROOT = _HERE.parents[1]
_RECIPE = "monitoring/relay"
# What it copies.
_PARTS = ("infra", "monitoring/exporter", "monitoring/relay", "monitoring/reloader.py")


def build_relay(base: Path, log: Log) -> dict[str, Path]:
    """Image name -> tar archive, on the base system in the directory `base`. Raises ImageError."""
    inputs = [base.name.encode(), _HERE.read_bytes()]
    inputs += [content for part in _PARTS for content in contents(_ROOT / part)]
    made = kept("relay", inputs, partial(_make_relay, base / "base.tar"), log)
    return {RELAY: made / "relay.tar"}


def build_servers(tools: Mapping[str, Path], log: Log) -> dict[str, Path]:
    """Image name -> tar archive, from the directories of the binaries. Raises ImageError."""
    built = {}
    for tool, image in SERVERS.items():
        inputs = [_HERE.read_bytes(), str(tools[tool]).encode()]
        made = kept(tool, inputs, partial(_make_server, tool, tools[tool]), log)
        built[image] = made / f"{tool}.tar"
    return built


def _make_relay(base: Path, draft: Path, log: Log) -> None:
    log("relay image: wheels from the Python package index, about 5 MB")
    context = draft / "context"
    for part in ("infra", "monitoring"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(_ROOT / part, context / part, ignore=ignored)
    download(_ROOT / _RECIPE / "requirements.txt", context / "wheels")
    storage = Storage(draft)
    storage.commit(base, BASE)
    storage.build(context, _RECIPE, RELAY)
    storage.archive(RELAY, draft / "relay.tar")
    storage.remove()
    shutil.rmtree(context)


def _make_server(tool: str, binaries: Path, draft: Path, log: Log) -> None:
    log(f"{tool} image: its binary alone")
    root = draft / "root"
    (root / "bin").mkdir(parents=True)
    shutil.copy2(binaries / tool, root / "bin")
    storage = Storage(draft)
    storage.commit(root, SERVERS[tool], "--entrypoint", f'["/bin/{tool}"]', "--user", "65535:65535")
    storage.archive(SERVERS[tool], draft / f"{tool}.tar")
    storage.remove()
    shutil.rmtree(root)
