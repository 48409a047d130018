"""What the judge says of the metrics that Prometheus has now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Judged:
    """The judge's word on what was seen so far.

    words: why, for people; requests: the canary's at this step; fresh: whether anything was seen
    since the last look; state: of the judge, as JSON values, to go on from.
    """

    verdict: Literal["promote", "hold", "rollback"]
    words: str
    requests: int
    evidence: Mapping[str, Any]
    state: Mapping[str, Any]
    fresh: bool = True


class Watcher:
    """To come with the judge."""
