"""Four weeks of traffic with known incidents, and what rules would have said of them."""

from __future__ import annotations

from pathlib import Path

NAIVE = Path(__file__).with_name("naive.yaml")
"""The rules that a team writes first."""
