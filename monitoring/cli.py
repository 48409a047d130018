"""`python -m monitoring`: a stack's monitoring as plain files, and their test."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

from infra.config import ConfigErrors, StackConfig, load_file
from monitoring.files import files
from monitoring.route_cases import route_cases
from monitoring.secret_files import DIRECTORY, secret_files
from monitoring.tool_checks import checks

_DESCRIPTION = """\
Monitoring of a stack as plain files, without Pulumi and without a cluster.

render writes prometheus.yml, rules.yaml, alertmanager.yml, relay.yaml and dashboards/*.json.
test renders into a directory of its own, and lets promtool and amtool check what is there:
syntax, lint, and for alerts of every kind that the right people are told.
"""
_EXAMPLES = """examples:
  python -m monitoring render --stack-file Pulumi.prod.yaml --out rendered/
  python -m monitoring test --stack-file Pulumi.prod.yaml

exit status: 0 all is well, 1 something is wrong with the stack file or with what came of it,
2 wrong arguments, or a tool is missing
"""
_GET_TOOLS = (
    "promtool comes with Prometheus, amtool with Alertmanager: put them on PATH, or build them:\n"
    '  export PATH="$PATH:$(python -m local tools prometheus alertmanager | paste -sd:)"'
)


def main(arguments: list[str] | None = None) -> int:
    """Run a command; see `--help` for what it returns."""
    options = _parser().parse_args(arguments)
    file: Path = options.stack_file
    try:
        config = load_file(file)
        if options.command == "render":
            return _render(config, options.out)
        return _test(config)
    except ConfigErrors as errors:
        for problem in errors.problems:
            line = f":{problem.line}" if problem.line else ""
            print(f"{file}{line}: {problem}", file=sys.stderr)
    except ValueError as error:
        print(f"{file}: {error}", file=sys.stderr)
    except OSError as error:
        print(f"{error.filename or file}: {error.strerror}; write another path", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m monitoring",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--stack-file", metavar="FILE", type=Path, required=True, help="such as Pulumi.prod.yaml"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    render = commands.add_parser("render", parents=[common], help="write the files")
    render.add_argument("--out", metavar="DIR", type=Path, required=True, help="where to")
    commands.add_parser("test", parents=[common], help="check what would be written")
    return parser


def _render(config: StackConfig, out: Path) -> int:
    for path in _write(config, out):
        print(path)
    names = ", ".join(secret_files(config))
    if names:
        print(f"secrets, which you put into files in {DIRECTORY}: {names}", file=sys.stderr)
    return 0


def _test(config: StackConfig) -> int:
    missing, wrong = set[str](), False
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory)
        list(_write(config, out))
        for check in checks(out, route_cases(config)):
            tool = shutil.which(check.tool)
            if tool is None:
                missing.add(check.tool)
                print(f"not checked: {check.meaning}")
                continue
            found = check.find(tool)
            wrong = wrong or bool(found)
            print(f"{'wrong' if found else 'right'}: {check.meaning}")
            if found:
                print(indent(found, "  "))
    if missing:
        print(f"{' and '.join(sorted(missing))} not found. {_GET_TOOLS}", file=sys.stderr)
    if wrong:
        return 1
    return 2 if missing else 0


def _write(config: StackConfig, out: Path) -> Iterator[Path]:
    for name, content in files(config).items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        yield path
