"""The language host, spoken to as the engine does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.runtime.proto import language_pb2 as messages
from pulumi.runtime.proto import language_pb2_grpc as services

from local.language_host.host import VERSION, serve

RUNNER = """
import json, os, sys
from pathlib import Path
Path(os.environ["TOLD"]).write_text(json.dumps(
    [sys.argv[1:], os.getcwd(), os.environ["PULUMI_CONFIG"]]))
sys.exit(int(os.environ["STATUS"]))
"""


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """In place of Pulumi's script: it writes down how it was called."""
    file = tmp_path / "runner.py"
    file.write_text(RUNNER)
    return file


@pytest.fixture
def host(runner: Path) -> Iterator[Any]:
    server, port = serve("127.0.0.1:1", runner)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield services.LanguageRuntimeStub(channel)
    server.stop(None)


def info(directory: Path, **options: str) -> Any:  # noqa: ANN401 - messages have no types
    found = messages.ProgramInfo(
        root_directory=str(directory), program_directory=str(directory), entry_point="."
    )
    found.options.update(options)
    return found


def pack(directory: Path, script: str) -> Any:  # noqa: ANN401
    """A call that runs a pack whose Python is a shell script."""
    python = directory / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    return messages.RunPluginRequest(
        kind="analyzer",
        pwd=str(directory),
        args=["127.0.0.1:1"],
        env=["COLOUR=a=b"],
        info=info(directory, virtualenv=".venv"),
    )


def test_an_engine_gets_to_know_the_host(host: Any) -> None:  # noqa: ANN401
    host.Handshake(messages.LanguageHandshakeRequest(engine_address="127.0.0.1:1"))
    assert host.GetPluginInfo(empty_pb2.Empty()).version == VERSION
    assert not host.GetRequiredPackages(messages.GetRequiredPackagesRequest()).packages
    assert host.About(messages.AboutRequest()).version == sys.version


def run(host: Any, directory: Path, monkeypatch: pytest.MonkeyPatch, status: int) -> Any:  # noqa: ANN401
    monkeypatch.setenv("TOLD", str(directory / "told"))
    monkeypatch.setenv("STATUS", str(status))
    return host.Run(
        messages.RunRequest(
            project="paddle-canary",
            stack="prod",
            monitor_address="127.0.0.1:2",
            dryRun=True,
            parallel=8,
            config={"paddle-canary:namespace": "models"},
            info=info(directory),
        )
    )


def test_a_program_is_run_in_its_directory_with_its_configuration(
    host: Any,  # noqa: ANN401
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = run(host, tmp_path, monkeypatch, 0)
    assert (answer.error, answer.bail) == ("", False)
    arguments, directory, config = json.loads((tmp_path / "told").read_text())
    given = dict(zip(arguments[:-1:2], arguments[1:-1:2], strict=True))
    assert given == {
        "--monitor": "127.0.0.1:2",
        "--engine": "127.0.0.1:1",
        "--project": "paddle-canary",
        "--stack": "prod",
        "--pwd": str(tmp_path),
        "--dry_run": "true",
        "--parallel": "8",
    }
    assert arguments[-1] == "."
    assert directory == str(tmp_path)
    assert json.loads(config) == {"paddle-canary:namespace": "models"}


@pytest.mark.parametrize("status", [3, 32])
def test_a_program_that_has_said_what_is_wrong_is_told_from_one_that_has_not(
    host: Any,  # noqa: ANN401
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
) -> None:
    answer = run(host, tmp_path, monkeypatch, status)
    words = {3: "Program exited with non-zero exit code: 3", 32: ""}
    assert (answer.error, answer.bail) == (words[status], status == 32)


def test_what_a_pack_prints_is_handed_on_with_its_exit_status(host: Any, tmp_path: Path) -> None:  # noqa: ANN401
    script = 'echo "$@"; echo "$COLOUR" >&2; exit 7'
    answers = list(host.RunPlugin(pack(tmp_path, script)))
    assert b"".join(each.stdout for each in answers) == (
        f"-u -m pulumi.policy 127.0.0.1:1 {tmp_path}\n".encode()
    )
    assert b"".join(each.stderr for each in answers) == b"a=b\n"
    assert answers[-1].exitcode == 7


def test_a_pack_ends_with_the_call(host: Any, tmp_path: Path) -> None:  # noqa: ANN401
    call = host.RunPlugin(pack(tmp_path, "echo $$; exec sleep 600"))
    pid = int(next(call).stdout)
    call.cancel()
    deadline = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()


def test_a_pack_without_its_environment_is_told_how_to_make_one(
    host: Any,  # noqa: ANN401
    tmp_path: Path,
) -> None:
    call = messages.RunPluginRequest(
        kind="analyzer", pwd=str(tmp_path), info=info(tmp_path, virtualenv=".venv")
    )
    with pytest.raises(grpc.RpcError, match=r"python -m venv .venv"):
        list(host.RunPlugin(call))


def test_other_plugins_are_refused_by_name(host: Any) -> None:  # noqa: ANN401
    with pytest.raises(grpc.RpcError, match="plugins of kind resource"):
        list(host.RunPlugin(messages.RunPluginRequest(kind="resource")))


def test_the_interrupt_at_the_end_leaves_the_host_alone_and_its_programs_not(
    runner: Path,
) -> None:
    command = [sys.executable, "-m", "local.language_host.host", "--runner", str(runner)]
    process = subprocess.Popen(
        [*command, "--logtostderr", "127.0.0.1:1"],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
        env={**os.environ},
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = services.LanguageRuntimeStub(channel)
            assert stub.GetPluginInfo(empty_pb2.Empty()).version == VERSION
    finally:
        process.kill()
        process.wait()
