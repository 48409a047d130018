"""`python -m rollout`."""

from __future__ import annotations

import sys

from rollout.cli import main

sys.exit(main())
