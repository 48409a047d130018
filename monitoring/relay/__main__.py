"""`python -m monitoring.relay --config relay.yaml`: serves.

python -m monitoring.relay dead-letters --config relay.yaml              lists them
python -m monitoring.relay dead-letters --config relay.yaml --retry all  tries them again
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from monitoring.relay import database, dead_letters
from monitoring.relay.clock import Clock
from monitoring.relay.config import Config
from monitoring.relay.keys import ConfigErrors
from monitoring.relay.read_config import read
from monitoring.relay.server import Server


def main(arguments: Sequence[str] | None = None, clock: Clock | None = None) -> None:
    """Runs the command; the clock is the world's unless a test brings its own."""
    options = _parser().parse_args(arguments)
    try:
        config = read(options.config)
    except ConfigErrors as errors:
        sys.exit(f"relay: {options.config} cannot be used:\n{errors}")
    if options.command == "dead-letters":
        _dead_letters(config, options.retry)
    else:
        Server(config, clock or Clock()).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m monitoring.relay")
    parser.add_argument("command", nargs="?", choices=["serve", "dead-letters"], default="serve")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--retry", nargs="+", default=[], metavar="ID", help="of dead letters, or: all"
    )
    return parser


def _dead_letters(config: Config, retry: Sequence[str]) -> None:
    try:
        connection = database.connect(config.data)
    except database.Unusable as error:
        sys.exit(f"relay: {error}")
    found = dead_letters.listed(connection)
    if not retry:
        print("\n".join(map(str, found)) if found else "there are no dead letters")
        return
    # What is revived for a robot that is not configured would wait for ever.
    ids = {str(letter.id): letter.id for letter in found if letter.robot in config.robots}
    wrong = [name for name in retry if name not in ids and name != "all"]
    if wrong:
        sys.exit(
            f"relay: found no dead letter {', '.join(wrong)} of a configured robot;"
            " write ids from the list, or all"
        )
    chosen = ids.values() if "all" in retry else [ids[name] for name in retry]
    tried = dead_letters.retry(connection, chosen)
    print(f"{len(tried)} wait again; a running relay tells them within seconds")


if __name__ == "__main__":
    main()
