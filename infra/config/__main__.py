"""Check stack files without Pulumi, and print their JSON Schema."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from infra.config.errors import ConfigErrors
from infra.config.fleet_checks import check_fleet
from infra.config.schema import stack_schema
from infra.config.stack import StackConfig
from infra.config.stack_file import load_file

_EXAMPLES = """examples:
  python -m infra.config check Pulumi.dev.yaml
  python -m infra.config check Pulumi.*.yaml
  python -m infra.config schema > infra/config/stack.schema.json
"""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; 0 if every file is right, 1 if one is not, 2 for a wrong command line."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.config",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="print everything that is wrong with stack files")
    check.add_argument("files", nargs="+", metavar="FILE", type=Path)
    commands.add_parser("schema", help="print the JSON Schema of stack files")
    options = parser.parse_args(arguments)
    if options.command == "schema":
        print(json.dumps(stack_schema(), indent=2))
        return 0
    right = {file: config for file in options.files if (config := _check(file)) is not None}
    wrong = len(right) < len(options.files)
    # Stacks of one directory can be of one fleet.
    for directory in {file.parent for file in right}:
        here = {_stack(file): config for file, config in right.items() if file.parent == directory}
        for name, problem in check_fleet(here):
            wrong = True
            print(f"{directory / f'Pulumi.{name}.yaml'}: {problem}", file=sys.stderr)
    return int(wrong)


def _stack(file: Path) -> str:
    return file.name.removeprefix("Pulumi.").removesuffix(".yaml")


def _check(file: Path) -> StackConfig | None:
    try:
        config = load_file(file)
    except OSError as error:
        print(f"{file}: {error.strerror}; write the path of a stack file", file=sys.stderr)
        return None
    except ConfigErrors as errors:
        for problem in errors.problems:
            line = f":{problem.line}" if problem.line else ""
            print(f"{file}{line}: {problem}", file=sys.stderr)
        return None
    models = ", ".join(config.models) or "no models"
    print(f"{file}: valid ({models}; data plane {config.data_plane})")
    return config


if __name__ == "__main__":
    sys.exit(main())
