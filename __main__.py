"""The table of contents: read the configuration, ask the guard, declare, export."""

from __future__ import annotations

from infra.program import run
from monitoring.components import monitoring

run(monitoring)
