"""What the commands of `bench` have in common."""

from __future__ import annotations

import argparse
import sys


def parser(module: str, text: str | None) -> argparse.ArgumentParser:
    """Of `python -m MODULE`, with the module's own docstring as its help."""
    return argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def tell(line: str) -> None:
    """Say something to those who wait; results alone go to standard output."""
    print(line, file=sys.stderr, flush=True)
