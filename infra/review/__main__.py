"""Review a change of a stack file: what changes, what could go wrong, how to undo it."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from infra.config import ConfigErrors
from infra.config.stack_file import Files, load
from infra.review import preview as previews
from infra.review.machine import to_dict
from infra.review.markdown import to_markdown
from infra.review.review import Review, Side, of_problems, review
from infra.review.secrets import ciphertexts
from render import manifests

EXIT = {"fine": 0, "refused": 1, "attention": 2}
NO_REVIEW = 3
_EPILOG = """examples:
  python -m infra.review main:Pulumi.prod.yaml Pulumi.prod.yaml
  python -m infra.review main:Pulumi.prod.yaml Pulumi.prod.yaml --json | jq .verdict
  pulumi preview --json > preview.json;
    python -m infra.review main:Pulumi.prod.yaml Pulumi.prod.yaml --preview preview.json

BASE and HEAD are files, or REVISION:FILE of git. A BASE that is not in its revision, or is empty,
is a stack that is new.

exit status: 0 nothing risky, 1 refused by the checks, the guard, a policy or the engine, 2 needs a
person's attention, 3 there is no review: wrong arguments, or a file that cannot be read
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Leave with a status that a gate does not take for a verdict."""
        self.print_usage(sys.stderr)
        self.exit(NO_REVIEW, f"{self.prog}: {message}\n")


class _Unreadable(Exception):
    """A file cannot be had, or BASE is no stack file. `str()` says what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; see `--help` for what it returns."""
    options = _parser().parse_args(arguments)
    try:
        found = _review(options.base, options.head, options.preview)
    except _Unreadable as error:
        print(error, file=sys.stderr)
        return NO_REVIEW
    if options.json:
        print(json.dumps(to_dict(found), ensure_ascii=False, indent=2))
    else:
        print(to_markdown(found), end="")
    return EXIT[found.verdict]


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m infra.review",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("base", metavar="BASE", help="the stack file as it is deployed")
    parser.add_argument("head", metavar="HEAD", help="the stack file as it would be")
    parser.add_argument("--json", action="store_true", help="print JSON instead of Markdown")
    parser.add_argument(
        "--preview", metavar="FILE", help="output of `pulumi preview --json`, to be included"
    )
    return parser


def _review(base: str, head: str, preview: str | None) -> Review:
    stack = _stack_of(head)
    old, new = _content(base, may_be_absent=True), _content(head, may_be_absent=False)
    try:
        after = _side(new, _beside(head))
    except ConfigErrors as errors:
        return of_problems(errors.problems, stack)
    try:
        before = _side(old, _beside(base)) if old.strip() else Side.nothing(after.config)
    except ConfigErrors as errors:
        raise _Unreadable(
            f"{base}: is no right stack file, so that nothing can be compared with it\n{errors}"
        ) from None
    return review(before, after, stack=stack, preview=_preview(preview))


def _side(content: bytes, files: Files) -> Side:
    config = load(content, files)
    return Side(config, tuple(manifests(config)), ciphertexts(content))


def _beside(name: str) -> Files:
    """Files of other stacks where a file is: in its directory, and of its revision."""
    place = name[: max(name.rfind("/"), name.rfind(":")) + 1]

    def content(stack: str) -> bytes:
        try:
            return _content(f"{place}Pulumi.{stack}.yaml", may_be_absent=False)
        except _Unreadable as error:
            raise OSError(str(error)) from error

    return content


def _preview(file: str | None) -> previews.Preview | None:
    if file is None:
        return None
    try:
        return previews.read(Path(file).read_text())
    except OSError as error:
        raise _Unreadable(f"{file}: {error.strerror}; write the path of a file") from None
    except ValueError as error:
        raise _Unreadable(f"{file}: {error}") from None


def _stack_of(name: str) -> str | None:
    found = re.fullmatch(r"Pulumi\.(.+)\.ya?ml", Path(name.rpartition(":")[2]).name)
    return found[1] if found else None


def _content(name: str, *, may_be_absent: bool) -> bytes:
    revision, colon, file = name.partition(":")
    if colon and not Path(name).exists():
        return _of_git(revision, file, may_be_absent=may_be_absent)
    try:
        return Path(name).read_bytes()
    except OSError as error:
        message = f"{name}: {error.strerror}; write a file, or REVISION:FILE"
        raise _Unreadable(message) from None


def _of_git(revision: str, file: str, *, may_be_absent: bool) -> bytes:
    if may_be_absent and not _git("ls-tree", "--name-only", revision, "--", file):
        return b""
    return _git("show", f"{revision}:./{file}")


def _git(*arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=False)
    except OSError as error:
        raise _Unreadable(f"git cannot be run ({error.strerror}); write paths of files") from None
    if done.returncode:
        raise _Unreadable(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
