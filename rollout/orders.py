"""The commands about real rollouts: run, status, watch, pause, resume, promote, abort, history…"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from kubernetes import client
from pydantic import TypeAdapter

from infra.config import ConfigErrors, StackConfig, load_file
from infra.config.values import Duration
from rollout.alerts import about
from rollout.controller import LostLease
from rollout.git import Branch
from rollout.journal import Journal, Page
from rollout.judge.samples import Arm
from rollout.kube import ClusterAway
from rollout.page.app import create_app
from rollout.page.server import Server
from rollout.prometheus import scrapes
from rollout.record import rows
from rollout.report import explain, headline, history, steps
from rollout.run import Busy, ask, connect, drive, dry_run
from rollout.serve import Health, serve
from rollout.sources import SourceAway, alerting_of, sources
from rollout.stack import ProjectStack, StackError, stack_file
from rollout.stack_file import must_have
from rollout.state import Command, Outcome

_WATCH_SECONDS = 2.0
# By these names alone a page on one's own machine may be asked for.
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_PROMOTED, _TAKEN_BACK, _STOPPED, _FAILED = 0, 1, 2, 3

_SPOKEN = {
    Command.PAUSE: "raise no weight until resumed; going back stays possible",
    Command.RESUME: "go on after a pause",
    Command.PROMOTE: "approve the gate that it waits at",
    Command.ABORT: "take the new version back now",
}


def add_orders(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to a parser; each sets `order`, which `obey` runs."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--stack", required=True, help="name of the stack, such as prod")
    common.add_argument("--context", help="context of the kubeconfig (default: the current one)")
    common.add_argument(
        "--project", type=Path, default=Path(), help="directory of Pulumi.yaml (default: here)"
    )
    run = commands.add_parser(
        "run",
        parents=[common],
        help="release a version, or go on with a release that was interrupted",
        description="Exit status: 0 promoted, 1 rolled back, 2 refused or left, 3 failed.",
    )
    run.add_argument("model")
    run.add_argument("--to", required=True, metavar="VERSION", help="the version to release")
    run.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
    run.add_argument(
        "--commit-branch",
        metavar="NAME",
        help="commit each change of the stack file on this branch, which is checked out",
    )
    run.add_argument("--push", metavar="REMOTE", help="push each of these commits to REMOTE")
    run.set_defaults(order=_run)
    begin = commands.add_parser(
        "begin", parents=[common], help="begin a release that the controller in the cluster drives"
    )
    begin.add_argument("model")
    begin.add_argument("--to", required=True, metavar="VERSION", help="the version to release")
    begin.set_defaults(order=_begin)
    served = commands.add_parser(
        "serve", parents=[common], help="drive every release that is begun: the controller's pods"
    )
    served.add_argument(
        "--health", default="127.0.0.1:9097", metavar="HOST:PORT", help="where (%(default)s)"
    )
    served.set_defaults(order=_serve)
    for name, words, order in (
        ("status", "where rollouts are; all models without MODEL", _status),
        ("watch", "the same, live", _watch),
        ("explain", "why a rollout is where it is, with the evidence", _explain),
        ("history", "all transitions that the journal has", _history),
    ):
        parser = commands.add_parser(name, parents=[common], help=words)
        parser.add_argument("model", nargs="?")
        parser.set_defaults(order=order)
    record = commands.add_parser(
        "record",
        parents=[common],
        help="print what Prometheus has of two versions, for `judge`",
        epilog="example: python -m rollout record ocr --canary v1.2 --stack prod > trace.csv",
    )
    record.add_argument("model")
    record.add_argument("--canary", required=True, metavar="VERSION", help="the new version")
    record.add_argument("--stable", metavar="VERSION", help="default: the stack file's")
    record.add_argument(
        "--last", type=duration, default="1h", metavar="TIME", help="such as 30m (%(default)s)"
    )
    record.set_defaults(order=_record)
    for command, words in _SPOKEN.items():
        parser = commands.add_parser(command.value, parents=[common], help=words)
        parser.add_argument("model")
        parser.set_defaults(order=_say, command=command)
    page = commands.add_parser(
        "page", parents=[common], help="the status page, for browsers (read-only without a token)"
    )
    page.add_argument(
        "--listen", default="127.0.0.1:8088", metavar="HOST:PORT", help="where (%(default)s)"
    )
    page.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help="a file whose text lets people pause, resume, approve and abort on the page",
    )
    page.set_defaults(order=_page)


def obey(options: argparse.Namespace) -> int:
    """Run what was asked for; the exit status."""
    try:
        status: int = options.order(options)
    except (
        Busy,
        ClusterAway,
        ConfigErrors,
        LookupError,
        LostLease,
        OSError,
        SourceAway,
        StackError,
    ) as error:
        text = error.args[0] if isinstance(error, LookupError) else error
        print(f"error: {text}", file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        print("interrupted: the same command goes on from here", file=sys.stderr)
        return _STOPPED
    return status


def _run(options: argparse.Namespace) -> int:
    _log_to_stderr()
    stack = _committed(options)
    api = connect(options.context)
    if options.dry_run:
        lines, fine = dry_run(api, stack, options.model, options.to)
        print("\n".join(lines))
        return _PROMOTED if fine else _STOPPED

    told: set[str] = set()

    def wait(holder: str) -> None:
        if holder not in told:
            print(f"{holder} drives this rollout; waiting for its lease", file=sys.stderr)
            told.add(holder)
        time.sleep(_WATCH_SECONDS)

    end = drive(api, stack, options.model, options.to, wait)
    print(f"{options.model}: {end.old} → {end.new} {end.outcome}: {end.reason}")
    outcomes = {Outcome.PROMOTED: _PROMOTED, Outcome.ROLLED_BACK: _TAKEN_BACK}
    return outcomes.get(end.outcome or Outcome.LEFT, _STOPPED)


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s", stream=sys.stderr)


def _committed(options: argparse.Namespace) -> ProjectStack:
    """The stack, whose changes are committed where a branch is named. Raises LookupError."""
    if options.push and not options.commit_branch:
        raise LookupError("--push: found no --commit-branch; name the branch that is pushed")
    file = stack_file(options.project, options.stack)
    branch = options.commit_branch and Branch(file, options.commit_branch, options.push)
    return ProjectStack(options.project, options.stack, branch or None)


def _begin(options: argparse.Namespace) -> int:
    config, api = _stack(options)
    journal = Journal(api, config.namespace, options.model)
    ask(journal, config, options.model, options.to)
    print(f"{options.model}: begun; python -m rollout watch shows what comes of it")
    return 0


def _serve(options: argparse.Namespace) -> int:
    _log_to_stderr()
    # The first process of a container is not ended by the signal alone.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_PROMOTED))
    host, _, port = options.health.rpartition(":")
    stack = ProjectStack(options.project, options.stack)
    serve(connect(options.context), stack, Health(host, int(port)))
    print("error: the lease is lost; start again, and stand by", file=sys.stderr)
    return _FAILED


def _status(options: argparse.Namespace) -> int:
    for model, page in _pages(options):
        print(headline(model, page))
    return 0


def _explain(options: argparse.Namespace) -> int:
    for model, page in _pages(options):
        print("\n".join(explain(model, page)))
    return 0


def _history(options: argparse.Namespace) -> int:
    for model, page in _pages(options):
        print("\n".join([f"{model}:", *history(page)]))
    return 0


def _watch(options: argparse.Namespace) -> int:
    while True:
        lines: list[str] = []
        for model, page in _pages(options):
            lines.append(headline(model, page))
            if page.state is not None:
                lines += [f"  {steps(page, page.state)}", f"  {page.state.reason}"]
        # Home, the new lines each to its end, and nothing of the old ones below.
        print(
            "\x1b[H" + "".join(f"{line}\x1b[K\n" for line in lines) + "\x1b[J", end="", flush=True
        )
        time.sleep(_WATCH_SECONDS)


def _say(options: argparse.Namespace) -> int:
    config, api = _stack(options)
    Journal(api, config.namespace, options.model).say(options.command)
    print(f"{options.model}: said {options.command}; the controller hears it within seconds")
    return 0


def duration(text: str) -> timedelta:
    """As in stack files. Raises ValueError, of which argparse makes a message."""
    return TypeAdapter(Duration).validate_python(text)


def _record(options: argparse.Namespace) -> int:
    config, api = _stack(options)
    alerting = alerting_of(config)
    must_have(config, options.model)
    model = config.models[options.model]
    arms: dict[str, Arm] = {options.stable or model.stable: "stable", options.canary: "canary"}
    prometheus, _ = sources(alerting, api)
    seconds = round(options.last.total_seconds())
    samples = scrapes(prometheus, config.namespace, options.model, model, seconds)
    versions = sorted({sample.version for sample in samples})
    for version in arms:
        if version not in versions:
            known = ", ".join(versions) or "none"
            raise LookupError(f"Prometheus: found no scrape of {version} then; of: {known}")
    interval = alerting.prometheus.interval.total_seconds()
    print("\n".join(rows(samples, arms, interval)))
    return 0


def _page(options: argparse.Namespace) -> int:
    config, api = _stack(options)
    _, alertmanager = sources(alerting_of(config), api)
    file: Path | None = options.token_file
    if file is not None and not _token(file):
        raise LookupError(f"{file}: found nothing; write a token of your own, or leave it out")
    options.model = None
    app = create_app(
        journals=lambda: dict(_pages(options)),
        alerts=lambda model: about(alertmanager, config.namespace, model),
        say=lambda model, command: Journal(api, config.namespace, model).say(command),
        token=lambda: None if file is None else _token(file),
        hosts=_LOOPBACK if options.listen.rpartition(":")[0] in _LOOPBACK else None,
    )
    print(f"rollouts of {options.stack}: http://{options.listen}", file=sys.stderr)
    Server(app, options.listen).run()
    return 0


def _token(file: Path) -> str | None:
    """What a command must carry now; None, so that none is taken, while the file is empty."""
    return file.read_text().strip() or None


def _pages(options: argparse.Namespace) -> Iterator[tuple[str, Page]]:
    config, api = _stack(options)
    if options.model is not None:
        must_have(config, options.model)
    for model in [options.model] if options.model else sorted(config.models):
        yield model, Journal(api, config.namespace, model).read()


def _stack(options: argparse.Namespace) -> tuple[StackConfig, client.ApiClient]:
    config = load_file(stack_file(options.project, options.stack))
    return config, connect(options.context)
