"""The relay with a clock of its own: `python -m tests.relay.fast SPEED --config FILE`."""

from __future__ import annotations

import sys

from monitoring.relay.__main__ import main
from monitoring.relay.clock import Clock

if __name__ == "__main__":
    main(sys.argv[2:], Clock(float(sys.argv[1])))
