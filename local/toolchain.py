"""Builds the tools from their pinned Go modules into the cache, each once per content.

The Go client is used as the machine has it set up: whatever its proxy or checksum database
refuses is not built.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

from local.cache import cache_directory, locked, used
from local.toolset import TOOLS, ModuleFile, Tool

Log = Callable[[str], None]

# Two at once: one downloads or links on a single core while the other compiles.
_AT_ONCE = 2
_REPORT_SECONDS = 30.0


class BuildError(Exception):
    """A tool did not build; the message carries what `go` said."""


def content_hash(tool: Tool, go_version: str) -> str:
    """12 hex digits over all that the binaries depend on."""
    digest = hashlib.sha256()
    files = [tool.directory / "go.mod", tool.directory / "go.sum"]
    for path in files + sorted(tool.directory.glob("*.go")):
        digest.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    # A new measurement of the build is no new build.
    digest.update(f"{replace(tool, seconds=0)!r}\0{go_version}".encode())
    return digest.hexdigest()[:12]


def seconds_left(costs: dict[str, int], done: set[str], elapsed: float) -> float:
    """Rest of the expected cost at the pace so far; `costs` are seconds per tool."""
    total = sum(costs.values())
    finished = sum(costs[name] for name in done)
    if not finished:
        return max(total - elapsed, 0.0)
    return (total - finished) * elapsed / finished


def ensure(names: Iterable[str], log: Log) -> dict[str, Path]:
    """Directory of the binaries per tool; builds what is missing. Raises BuildError."""
    found = places(names)
    if not all(place.is_dir() for place in found.values()):
        with locked(_root() / ".lock"):
            missing = [TOOLS[name] for name, place in found.items() if not place.is_dir()]
            _build_all(missing, found, log)
    for place in found.values():
        used(place.parent)
    return found


def places(names: Iterable[str]) -> dict[str, Path]:
    """Where the binaries of each tool are once it is built."""
    tools = [TOOLS[name] for name in names]
    return {tool.name: _root() / f"{tool.name}-{_hash(tool)}" / "bin" for tool in tools}


def module_directory(tool_directory: Path, module: str) -> Path:
    """Where the Go client keeps the sources of `module` in the version that a tool requires."""
    answer = json.loads(_go(tool_directory, "mod", "download", "-json", module))
    return Path(answer["Dir"])


def _build_all(tools: list[Tool], places: dict[str, Path], log: Log) -> None:
    costs = {tool.name: tool.seconds for tool in tools}
    done: set[str] = set()
    started = time.monotonic()
    # The dearest first, so that the cheap ones fill the other slot.
    queue = sorted(tools, key=lambda tool: -tool.seconds)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        running: dict[Future[float], str] = {
            pool.submit(_build, tool, places[tool.name].parent): tool.name for tool in queue
        }
        log(f"tools: building {', '.join(running.values())}; {_left(costs, done, started)}")
        try:
            while running:
                finished, _ = wait(running, _REPORT_SECONDS, FIRST_COMPLETED)
                for future in finished:
                    name = running.pop(future)
                    took = future.result()
                    done.add(name)
                    log(f"tools: {name} built in {took:.0f} s")
                if running:
                    state = f"{len(done)} of {len(tools)} built, {_left(costs, done, started)}"
                    log(f"tools: {state}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _left(costs: dict[str, int], done: set[str], started: float) -> str:
    seconds = seconds_left(costs, done, time.monotonic() - started)
    if seconds <= 0:
        return "longer than usual; still compiling"
    return f"at most about {seconds / 60:.0f} min left" if seconds >= 60 else "under a minute left"


def _build(tool: Tool, place: Path) -> float:
    """Build into a directory beside `place` and rename: a kill leaves nothing half-made."""
    started = time.monotonic()
    scratch = place.with_name(f".building-{tool.name}")
    shutil.rmtree(scratch, ignore_errors=True)
    binaries = scratch / "bin"
    binaries.mkdir(parents=True)
    flags = ["-trimpath", "-ldflags", tool.ldflags, "-tags", ",".join(tool.tags)]
    if tool.overlay:
        overlay = scratch / "overlay.json"
        overlay.write_text(json.dumps({"Replace": _overlay(tool)}))
        flags += ["-overlay", str(overlay)]
    _go(tool.directory, "build", "-o", f"{binaries}/", *flags, tool.package)
    for built, name in tool.names.items():
        (binaries / built).rename(binaries / name)
    for extra in tool.beside:
        target = binaries / extra.name
        shutil.copyfile(_source(tool, extra), target)
        target.chmod(0o755)
    scratch.rename(place)
    return time.monotonic() - started


def _overlay(tool: Tool) -> dict[str, str]:
    return {str(tool.directory / f.name): str(_source(tool, f)) for f in tool.overlay}


def _source(tool: Tool, file: ModuleFile) -> Path:
    return module_directory(tool.directory, file.module) / file.path


def _root() -> Path:
    return cache_directory() / "tools"


def _hash(tool: Tool) -> str:
    return content_hash(tool, _go(tool.directory, "version"))


def _go(directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["go", *arguments],
        cwd=directory,
        env={**os.environ, "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stderr.strip().splitlines()[-20:])
        raise BuildError(f"`go {arguments[0]}` failed in {directory}:\n{tail}")
    return done.stdout
