"""Begin a new environment, or add a model to one: a stack file that is right from the start."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from infra.config import ConfigErrors
from infra.config.stack_file import beside, load
from infra.config.write import replace
from infra.new.environment import Environment, text
from infra.new.model import NewModel, added

_EXAMPLES = """examples:
  python -m infra.new environment staging --stable gpu-1 gpu-2 --canary gpu-3
  python -m infra.new environment prod-platform --stable gpu-1 --canary gpu-2 --groups vision speech
  python -m infra.new environment prod-vision --base prod-platform --namespace vision
  python -m infra.new model layout --stack-file Pulumi.staging.yaml --host layout.example.com \\
      --version v1.0 --image registry.example.com/paddle/layout:v1.0 --pool gpu-stable

What is written has passed `python -m infra.config check`. No file is overwritten, and of a file
that gets a model every other byte stays.

exit status: 0 written, 1 not: the reason is told and nothing was changed, 2 wrong arguments
"""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; see `--help` for what it returns."""
    options = _parser().parse_args(arguments)
    file: Path = options.file if options.command == "model" else _file(options)
    try:
        if options.command == "model":
            _add(file, options)
        else:
            _create(file, options)
    except ConfigErrors as errors:
        for problem in errors.problems:
            print(f"{file}: {problem}", file=sys.stderr)
    except FileExistsError:
        print(f"{file}: is there already; choose another name, or edit it", file=sys.stderr)
    except OSError as error:
        print(f"{file}: {error.strerror}; write another path", file=sys.stderr)
    except (LookupError, ValueError) as error:
        print(f"{file}: {error.args[0]}", file=sys.stderr)
    else:
        print(f"{file}: written; now: python -m infra.config check {file}, then pulumi preview")
        return 0
    return 1


def _file(options: argparse.Namespace) -> Path:
    directory: Path = options.directory
    return directory / f"Pulumi.{options.name}.yaml"


def _create(file: Path, options: argparse.Namespace) -> None:
    if options.base is None and not (options.stable and options.canary):
        raise ValueError("needs nodes for both tracks (--stable, --canary), or a --base")
    if options.base is not None and (options.stable or options.canary or options.groups):
        raise ValueError("has the nodes and groups of its --base: leave them out")
    content = text(
        Environment(
            stable=options.stable,
            canary=options.canary,
            accelerator=options.accelerator,
            base=options.base,
            namespace=options.namespace,
            groups=options.groups,
        )
    ).encode()
    load(content, beside(file))
    with file.open("xb") as new:
        new.write(content)


def _add(file: Path, options: argparse.Namespace) -> None:
    model = NewModel(
        name=options.name,
        host=options.host,
        version=options.version,
        image=options.image,
        pool=options.pool,
        replicas=options.replicas,
        owner=options.owner,
    )
    replace(file, added(file.read_bytes().decode(), model, beside(file)).encode())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.new",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    make = commands.add_parser("environment", help="write a stack file without models")
    make.add_argument("name", metavar="NAME", help="of the stack: the file is Pulumi.NAME.yaml")
    make.add_argument("--stable", nargs="+", default=[], metavar="NODE", help="nodes for stable")
    make.add_argument("--canary", nargs="+", default=[], metavar="NODE", help="nodes for canaries")
    make.add_argument(
        "--accelerator",
        default="nvidia.com/gpu",
        metavar="RESOURCE",
        help="of the nodes, or none (nvidia.com/gpu)",
    )
    make.add_argument("--base", metavar="STACK", help="stack whose pools it uses (docs/fleet.md)")
    make.add_argument("--namespace", metavar="NAME", help="of the models; on a base, its group")
    make.add_argument(
        "--groups", nargs="+", default=[], metavar="NAME", help="namespaces for stacks on this one"
    )
    make.add_argument(
        "--directory", type=Path, default=Path(), metavar="DIR", help="where to (here)"
    )
    model = commands.add_parser("model", help="add a model to a stack file")
    model.add_argument("name", metavar="NAME", help="of the model")
    model.add_argument(
        "--stack-file", dest="file", type=Path, required=True, metavar="FILE", help="to be changed"
    )
    model.add_argument("--host", required=True, help="DNS name at which clients reach it")
    model.add_argument("--version", required=True, help="the first one, such as v1.0")
    model.add_argument("--image", required=True, help="with a tag that stays, or a digest")
    model.add_argument("--pool", required=True, help="key in nodePools")
    model.add_argument("--replicas", type=int, default=1, metavar="N", help="pods (1)")
    model.add_argument("--owner", metavar="TEAM", help="who is told (alerting.defaultTeam)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
