"""Pulumi's language host for Python: starts programs and policy packs for the engine.

The host that can be built from modules (v3.79) runs the project's program where a newer engine asks
for a policy pack. This one speaks the same protocol over the stubs of the `pulumi` package:
https://github.com/pulumi/pulumi/blob/master/proto/pulumi/language.proto
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import language_pb2 as messages
from pulumi.runtime.proto import language_pb2_grpc as services
from pulumi.runtime.proto import plugin_pb2

VERSION = "3.250.0"
# A pulumi program that has told the user what is wrong leaves with it.
_SAID_SO = 32
_LARGEST_MESSAGE = 400 * 1024 * 1024
_CHUNK = 64 * 1024

Message = Any
"""A message of the protocol; the stubs have no types that mypy could follow."""


class Host(services.LanguageRuntimeServicer):
    """One engine's host. `runner` is the script that runs a program, as Pulumi installs it."""

    def __init__(self, engine: str, runner: Path) -> None:
        self._engine = engine
        self._runner = runner

    def Handshake(self, _request: Message, _context: Message) -> Message:
        return messages.LanguageHandshakeResponse()

    def GetPluginInfo(self, _request: Message, _context: Message) -> Message:
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetRequiredPlugins(self, _request: Message, _context: Message) -> Message:
        return messages.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, _request: Message, _context: Message) -> Message:
        """None: a resource names its provider's version itself."""
        return messages.GetRequiredPackagesResponse()

    def About(self, request: Message, _context: Message) -> Message:
        return messages.AboutResponse(executable=interpreter(request.info), version=sys.version)

    def Cancel(self, _request: Message, _context: Message) -> Message:
        return empty_pb2.Empty()

    def Run(self, request: Message, _context: Message) -> Message:
        """Run the project's program to its end. What it prints goes to the engine as it is."""
        try:
            status = subprocess.run(
                run_command(request, self._engine, self._runner),
                cwd=request.info.program_directory or request.pwd,
                env={**os.environ, **run_environment(request)},
                check=False,
            ).returncode
        except OSError as error:
            return messages.RunResponse(error=f"the program cannot be started: {error}")
        if status == _SAID_SO:
            return messages.RunResponse(bail=True)
        problem = f"Program exited with non-zero exit code: {status}" if status else ""
        return messages.RunResponse(error=problem)

    def RunPlugin(self, request: Message, context: Message) -> Iterator[Message]:
        """Run a policy pack and hand on what it prints: its first line is its port."""
        if request.kind != "analyzer":
            context.abort(
                grpc.StatusCode.UNIMPLEMENTED,
                f"plugins of kind {request.kind} are not run by this host, only policy packs; "
                f"install Pulumi for them",
            )
        try:
            process = subprocess.Popen(
                plugin_command(request),
                cwd=request.pwd,
                env=dict(each.split("=", 1) for each in request.env) or None,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            context.abort(
                grpc.StatusCode.FAILED_PRECONDITION,
                f"the policy pack in {request.info.program_directory} cannot be started "
                f"({error}); make its environment: cd there, python -m venv .venv && "
                f".venv/bin/pip install -r requirements.txt",
            )
        # The engine ends a pack by ending the call, while this waits for output or to be asked on.
        context.add_callback(process.terminate)
        try:
            yield from _output(process)
            yield messages.RunPluginResponse(exitcode=process.wait())
        finally:
            process.terminate()
            process.wait()


def interpreter(info: Message) -> str:
    """The Python of a program: that of its option `virtualenv`, or else the first on PATH."""
    virtualenv = dict(info.options).get("virtualenv") if info.HasField("options") else None
    if virtualenv:
        return str(Path(info.root_directory, str(virtualenv)) / "bin" / "python")
    return shutil.which("python3") or shutil.which("python") or sys.executable


def run_command(request: Message, engine: str, runner: Path) -> list[str]:
    """The command that runs a program: options, then the program, then its own arguments."""
    options = {
        "monitor": request.monitor_address,
        "engine": engine,
        "project": request.project,
        "stack": request.stack,
        "organization": request.organization,
        "pwd": request.info.program_directory or request.pwd,
        "dry_run": "true" if request.dryRun else "false",
        "parallel": str(request.parallel),
    }
    given = [word for name, value in options.items() if value for word in (f"--{name}", value)]
    program = request.info.entry_point or request.program or "."
    return [interpreter(request.info), "-u", str(runner), *given, program, *request.args]


def run_environment(request: Message) -> Mapping[str, str]:
    """Configuration as programs read it."""
    return {
        "PULUMI_CONFIG": json.dumps(dict(request.config)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
    }


def plugin_command(request: Message) -> list[str]:
    """The command that runs a policy pack."""
    info = request.info
    directory = info.program_directory or request.program
    return [interpreter(info), "-u", "-m", "pulumi.policy", *request.args, directory]


def _output(process: subprocess.Popen[bytes]) -> Iterator[Message]:
    """What a process prints, as it comes, until both its streams are closed."""
    found: queue.Queue[Message | None] = queue.Queue()

    def read(message: Callable[[bytes], Message], file: int) -> None:
        while chunk := os.read(file, _CHUNK):
            found.put(message(chunk))
        found.put(None)

    assert process.stdout is not None  # noqa: S101 - they are pipes, mypy cannot know
    assert process.stderr is not None  # noqa: S101
    streams: tuple[tuple[Callable[[bytes], Message], int], ...] = (
        (lambda chunk: messages.RunPluginResponse(stdout=chunk), process.stdout.fileno()),
        (lambda chunk: messages.RunPluginResponse(stderr=chunk), process.stderr.fileno()),
    )
    for each in streams:
        threading.Thread(target=read, args=each, daemon=True).start()
    still_open = len(streams)
    while still_open:
        message = found.get()
        if message is None:
            still_open -= 1
        else:
            yield message


def serve(engine: str, runner: Path) -> tuple[grpc.Server, int]:
    """Start a host on a free port of the loopback address."""
    size = [("grpc.max_receive_message_length", _LARGEST_MESSAGE)]
    # Programs and packs block a thread each for as long as they run.
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32), options=size)
    services.add_LanguageRuntimeServicer_to_server(Host(engine, runner), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def main() -> None:
    """Serve until the engine ends it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runner", type=Path, required=True, help="pulumi-language-python-exec")
    parser.add_argument("engine", help="address of the engine")
    options, _ = parser.parse_known_args()
    # The engine interrupts its whole group at the end, and then still asks. Not SIG_IGN, which
    # programs would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    server, port = serve(options.engine, options.runner)
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
