"""What the commands of `bench` have in common."""

from __future__ import annotations

import argparse


def parser(module: str, text: str | None) -> argparse.ArgumentParser:
    """Of `python -m MODULE`, with the module's own docstring as its help."""
    return argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
