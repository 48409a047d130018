"""The embedded platform's command line: `python -m local --help`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from local import doctor, platform
from local.cluster import instance
from local.cluster.layout import Layout
from local.image_steps import ImageError
from local.toolchain import BuildError, ensure
from local.toolset import TOOLS

_EXAMPLES = """\
examples:
  python -m local doctor                 what this machine lacks; changes nothing
  python -m local up                     a two-node cluster with a gateway, named demo
  eval "$(python -m local env)"          then pulumi and kubectl work against it
  python -m local up --name mine         another one beside it
  python -m local up --kubeconfig FILE   only Pulumi, for a cluster that you have
  python -m local down                   nothing of it is left
"""


def main() -> int:
    """Exit status: 0 fine, 1 something is missing or failed, 2 wrong arguments."""
    arguments = _parser().parse_args()
    try:
        layout = Layout(arguments.name)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    try:
        return _run(arguments, layout)
    except (platform.NotReadyError, BuildError, ImageError, instance.InstanceError) as problem:
        print(f"error: {problem}", file=sys.stderr)
    except subprocess.CalledProcessError as problem:
        print(f"error: {problem}; its own words are above", file=sys.stderr)
    except PermissionError as problem:
        print(f"error: {problem}: run this with sudo", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted: the same command goes on from here", file=sys.stderr)
    return 1


def _run(arguments: argparse.Namespace, layout: Layout) -> int:
    kubeconfig: Path | None = arguments.kubeconfig and arguments.kubeconfig.resolve()
    match arguments.command:
        case "up" if kubeconfig:
            platform.up_with(kubeconfig, layout, _log)
        case "up":
            started = time.monotonic()
            platform.up(layout, _log)
            _log(f"took {time.monotonic() - started:.0f} s")
            print((platform.status(layout))[0])
        case "down" if kubeconfig:
            _log("nothing was started for this cluster, so nothing is stopped")
        case "down":
            instance.stop(layout)
            _log(f"cluster: {layout.name} is down, nothing of it is left")
        case "status":
            text, fine = platform.status(layout)
            print(text)
            return 0 if fine else 1
        case "env":
            print("\n".join(platform.environment(layout, kubeconfig)))
        case "tools":
            print("\n".join(str(path) for path in ensure(arguments.tool, _log).values()))
        case "doctor":
            findings = doctor.examine(doctor.look(layout))
            print(doctor.report(findings))
            return int(any(finding.verdict is doctor.Verdict.MISSING for finding in findings))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description="A real Pulumi engine and a real two-node Kubernetes cluster on this machine.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--name", default="demo", help="which instance (default: demo)")
    common.add_argument(
        "--kubeconfig", type=Path, help="use this existing cluster: nothing is started or stopped"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, words in {
        "up": "build what is missing and start; goes on where it was interrupted",
        "status": "what runs and where; exit 1 unless all of it does",
        "down": "end the instance and remove all that it had",
        "doctor": "what this machine lacks; exit 1 if something",
        "env": "print variables for `eval`",
    }.items():
        commands.add_parser(name, parents=[common], help=words)
    tools = commands.add_parser(
        "tools", parents=[common], help="build single tools, print their directories"
    )
    tools.add_argument("tool", nargs="+", choices=sorted(TOOLS))
    return parser


def _log(line: str) -> None:
    # Standard output is for `eval` and for other programs.
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
