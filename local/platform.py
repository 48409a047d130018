"""Brings an instance up from whatever state it is in, and says what runs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local import doctor, packages, toolchain, toolset
from local.cache import cache_directory, locked
from local.cluster import instance
from local.cluster.api import Api
from local.cluster.layout import NODES, Layout
from local.cluster.record import running
from local.environment import Engine, export_lines, variables
from local.images import build
from local.monitoring_images import build_servers

Log = Callable[[str], None]

_GATEWAY_API = "sigs.k8s.io/gateway-api"
_READY_SECONDS = 120


class NotReadyError(Exception):
    """The machine or the instance lacks something; the message says what and what to do."""


def up(layout: Layout, log: Log) -> None:
    """Everything from installing packages to Ready nodes; each step skips what is done.

    Raises NotReadyError, toolchain.BuildError, instance.InstanceError.
    """
    _check_machine(layout, log)
    wanted = toolset.wanted_tools(own_cluster=True)
    # Images wait for the network where tools wait for the compiler.
    with ThreadPoolExecutor() as pool:
        images_built = pool.submit(build, log)
        tools = toolchain.ensure(wanted, log)
        images = images_built.result() | build_servers(tools, log)
    with locked(layout.run / "operation"):
        _engine(layout, own_cluster=True).make(tools)
        instance.give_images(layout, images, log)
        record = instance.start(layout, {name: tools[name] for name in toolset.CLUSTER}, log)
        api = Api.published(layout)
        instance.wait_for(
            "the API server",
            lambda: layout.kubeconfig.exists() and api.served("/readyz"),
            layout,
            _READY_SECONDS,
        )
        # Without it the first pods are refused.
        instance.wait_for(
            "the default service account",
            lambda: api.served("/api/v1/namespaces/default/serviceaccounts/default"),
            layout,
            _READY_SECONDS,
        )
        definitions = toolchain.module_directory(
            toolset.MODULES / "gateway-api", _GATEWAY_API
        ).joinpath("config/crd/standard")
        instance.add_platform_objects(layout, tools["kubernetes"] / "kubectl", definitions)
        instance.import_images(layout, record, images, log)
        instance.wait_for(
            "both nodes Ready with their accelerators",
            lambda: len(instance.ready_nodes(layout)) == len(NODES),
            layout,
            _READY_SECONDS,
        )
        instance.wait_for(
            "the cluster's DNS", lambda: instance.dns_answers(record), layout, _READY_SECONDS
        )
    log(f"cluster: {layout.name} is up; its gateway answers at {layout.url}")


def up_with(kubeconfig: Path, layout: Layout, log: Log) -> None:
    """Only the engine, for a cluster that exists. Raises NotReadyError, toolchain.BuildError."""
    if not kubeconfig.exists():
        raise NotReadyError(f"--kubeconfig {kubeconfig}: no such file")
    tools = toolchain.ensure(toolset.wanted_tools(own_cluster=False), log)
    _engine(layout, own_cluster=False).make(tools)
    log(f"cluster: {kubeconfig} is used as it is; nothing was started")


def environment(layout: Layout, kubeconfig: Path | None) -> list[str]:
    """Lines for `eval`. Raises NotReadyError if `up` has not been run."""
    own = kubeconfig is None
    engine = _engine(layout, own_cluster=own)
    if not engine.passphrase_file.exists():
        again = "" if own else f" --kubeconfig {kubeconfig}"
        raise NotReadyError(
            f"{layout.name} is not up: run `python -m local up --name {layout.name}{again}` first"
        )
    cluster = toolset.CLUSTER if own else ()
    built = toolchain.places(cluster + toolset.CHECKERS)
    programs = [engine.home / "bin"] if engine.home else []
    found = variables(kubeconfig or layout.kubeconfig, engine, layout.url if own else None)
    venv = Path(sys.prefix) if sys.prefix != sys.base_prefix else None
    programs += [path for path in built.values() if path.is_dir()]
    return export_lines(found, venv, programs)


def status(layout: Layout) -> tuple[str, bool]:
    """What runs, in words, and whether all of it does."""
    record = running(layout)
    if not record:
        return f"{layout.name}: not running", False
    try:
        ready = instance.ready_nodes(layout)
    except OSError as problem:
        ready, api = [], f"does not answer ({problem})"
    else:
        api = "answers"
    dns = instance.dns_answers(record)
    lines = [
        f"{layout.name}: running, first process {record.pid}",
        f"API server  {api}, https://127.0.0.1:{layout.api_port}",
        *(f"{node}  {'Ready' if node in ready else 'not ready'}" for node in NODES),
        f"DNS         {'answers' if dns else 'does not answer'}",
        f"gateway     {layout.url}, metrics at port {layout.gateway_metrics_port}",
        f"kubeconfig  {layout.kubeconfig}",
        f"logs        {layout.logs}",
    ]
    return "\n".join(lines), dns and len(ready) == len(NODES)


def _check_machine(layout: Layout, log: Log) -> None:
    findings = doctor.examine(doctor.look(layout))
    if any(finding.verdict is doctor.Verdict.INSTALLABLE for finding in findings):
        packages.install(packages.missing_packages(), log)
        # Some trials need what was just installed.
        findings = doctor.examine(doctor.look(layout))
    missing = [f for f in findings if f.verdict is not doctor.Verdict.OK]
    if missing:
        raise NotReadyError(f"this machine is not ready:\n{doctor.report(missing)}")


def _engine(layout: Layout, own_cluster: bool) -> Engine:
    # The state of somebody's own cluster must outlive `down`, which starts and ends nothing there.
    state = layout.state if own_cluster else cache_directory() / "engine" / layout.name
    return Engine(state, None if shutil.which("pulumi") else state / "pulumi-home")
