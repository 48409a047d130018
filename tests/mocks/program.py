"""Running the program against the engine's own stand-in, and a server in place of the cluster.

What it registers is recorded as the requests that the engine would get.
"""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format  # type: ignore[import-untyped]
from pulumi.runtime import Mocks, set_all_config
from pulumi.runtime.mocks import (
    MockCallArgs,
    MockEngine,
    MockMonitor,
    MockResourceArgs,
    MockSettings,
)
from pulumi.runtime.settings import configure, set_root_resource
from pulumi.runtime.stack import run_in_stack, wait_for_rpcs

from infra.program import run
from monitoring.components import monitoring
from tests import api_server

PROJECT = "paddle-canary"
NODES = ("node-1", "node-2")


@dataclass(frozen=True)
class Registered:
    """A resource as it was registered; others are called `<kind>/<name>`."""

    name: str
    parent: str
    depends_on: frozenset[str]
    ignores: tuple[str, ...]
    create_timeout: str
    inputs: Mapping[str, Any]


class Recorder(MockMonitor):
    """Keeps requests that the engine's own stand-in only answers.

    `registered` has all resources by `<kind>/<name>`, `outputs` those of the stack.
    """

    def __init__(self, last_outputs: Mapping[str, Any]) -> None:
        super().__init__(_Echo(last_outputs))
        self.registered: dict[str, Registered] = {}
        self.outputs: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401 - gRPC messages have no types
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            self.registered[short(answer.urn)] = Registered(
                request.name,
                short(request.parent),
                frozenset(map(short, request.dependencies)),
                tuple(request.ignoreChanges),
                request.customTimeouts.create,
                json_format.MessageToDict(request.object),
            )
        return answer

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: ANN401
        if "::pulumi:pulumi:Stack::" in request.urn:
            self.outputs = json_format.MessageToDict(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


class _Echo(Mocks):
    """Every resource becomes what was asked for; the stack's last outputs are as given."""

    def __init__(self, last_outputs: Mapping[str, Any]) -> None:
        self._last_outputs = last_outputs

    def new_resource(self, args: MockResourceArgs) -> tuple[str, dict[Any, Any]]:
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, {"name": args.name, "outputs": dict(self._last_outputs)}
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], None]:
        raise NotImplementedError(args.token)


def short(urn: str) -> str:
    """`Deployment/ocr-v1-1` for a URN."""
    *_, kind, name = urn.split("::")
    return f"{kind.split('$')[-1].split(':')[-1]}/{name}"


def update(
    values: Mapping[str, object],
    *,
    last_outputs: Mapping[str, Any] | None = None,
    live: Iterable[Mapping[str, Any]] = (),
) -> Recorder:
    """Run the program with these values under `paddle-canary:`; `live` routes are in the cluster.

    Raises what the program raises.
    """
    recorder = Recorder(last_outputs or {})
    run_with(recorder, values, live)
    return recorder


def run_with(
    recorder: Recorder,
    values: Mapping[str, object],
    live: Iterable[Mapping[str, Any]] = (),
    *,
    nodes: Iterable[str] = ("node-1", "node-2"),
    kubeconfig: str | None = None,
    preview: bool = False,
) -> None:
    """Run the program as `update` does; the recorder has what was registered before an error."""
    configure(
        MockSettings(  # type: ignore[no-untyped-call]
            monitor=recorder,
            engine=MockEngine(None),
            project=PROJECT,
            stack="dev",
            dry_run=preview,
            organization="organization",
        )
    )
    # The run makes the root itself, and refuses to when there is one from the run before.
    set_root_resource(None)  # type: ignore[arg-type]
    interrupt = signal.getsignal(signal.SIGINT)
    with api_server.serving() as server:
        server.answer = api_server.cluster([dict(route) for route in live], nodes)
        texts = {
            f"{PROJECT}:{key}": value if isinstance(value, str) else json.dumps(value)
            for key, value in values.items()
        }
        access = kubeconfig or api_server.kubeconfig(server.url)
        set_all_config({**texts, "kubernetes:kubeconfig": access})
        try:
            asyncio.run(_run_to_its_end())
        finally:
            signal.signal(signal.SIGINT, interrupt)


async def _run_to_its_end() -> None:
    await run_in_stack(lambda: run(monitoring))
    # Outputs that wait for nothing are only on their way now. The engine keeps the program alive
    # until it has them; its stand-in does not.
    await asyncio.sleep(0)
    await wait_for_rpcs()
