"""`python -m service`: serves the model in MODEL_DIR on PORT."""

from __future__ import annotations

import os
import sys


def main() -> None:
    # Imported here: every worker process imports this module again and needs neither.
    from service.errors import StartError  # noqa: PLC0415
    from service.front.server import Server  # noqa: PLC0415
    from service.settings import from_environment  # noqa: PLC0415

    try:
        settings = from_environment(os.environ)
    except StartError as error:
        sys.exit(f"paddle-canary: cannot start: {error}")
    Server(settings).run()


if __name__ == "__main__":
    main()
