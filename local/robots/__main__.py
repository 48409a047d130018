"""`python -m local.robots --port P --dir D dingtalk:TOKEN:SECRET wecom:KEY feishu:TOKEN:SECRET`

Serves until it is ended; `local.robots.server` says what is in the directory.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from local.robots.server import RobotServer
from local.robots.vendors import VENDORS, Robot


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.robots")
    parser.add_argument("robots", nargs="+", type=_robot, metavar="VENDOR:TOKEN[:SECRET]")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--speed", type=float, default=1.0, help="of its clock")
    options = parser.parse_args()
    options.dir.mkdir(parents=True, exist_ok=True)
    address = (options.host, options.port)
    with RobotServer(address, options.dir, options.robots, options.speed) as server:
        print(f"robots listen on {server.url}", flush=True)
        server.serve_forever()


def _robot(text: str) -> Robot:
    vendor, token, *secret = text.split(":")
    if vendor not in VENDORS or not token or len(secret) > 1:
        raise argparse.ArgumentTypeError(
            f"found {text!r}; write one of {', '.join(VENDORS)}, then :TOKEN or :TOKEN:SECRET"
        )
    return VENDORS[vendor](token, secret[0] if secret else None)


if __name__ == "__main__":
    main()
