"""Report what differs in the cluster from what the last update of a stack declared there."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from infra.drift.read import NoRefresh, read
from infra.drift.report import to_json, to_markdown

_DRIFT, _NO_REPORT = 1, 3
_EXAMPLES = """examples:
  python -m infra.drift --stack prod
  python -m infra.drift --stack prod --json | jq .drift
  pulumi refresh --preview-only --json --stack prod > found.json
    python -m infra.drift --stack prod --preview found.json

Nothing is changed, neither in the cluster nor in the state. Fields that the stack does not declare
are others' to set and not looked at.

exit status: 0 no drift, 1 drift, 3 there is no report: pulumi failed, or wrong arguments (2)
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; see `--help` for what it returns."""
    options = _parser().parse_args(arguments)
    try:
        text = Path(options.preview).read_text() if options.preview else _refresh(options.stack)
        found = read(text)
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return _NO_REPORT
    except (NoRefresh, subprocess.CalledProcessError) as error:
        said = error.stderr if isinstance(error, subprocess.CalledProcessError) else str(error)
        print(f"{options.stack}: {said.strip()}", file=sys.stderr)
        return _NO_REPORT
    show = to_json if options.json else to_markdown
    print(show(options.stack, found).rstrip())
    return _DRIFT if found else 0


def _refresh(stack: str) -> str:
    command = ["pulumi", "refresh", "--preview-only", "--json", "--non-interactive"]
    done = subprocess.run([*command, "--stack", stack], capture_output=True, text=True, check=False)
    if done.returncode:
        # Of a failure, the engine's words are in what it prints as JSON, too.
        words = done.stderr.strip() or done.stdout
        raise subprocess.CalledProcessError(done.returncode, command, stderr=words)
    return done.stdout


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.drift",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--stack", required=True, metavar="NAME", help="the stack")
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    parser.add_argument("--preview", metavar="FILE", help="what pulumi has found already")
    return parser


if __name__ == "__main__":
    sys.exit(main())
