"""Follows a collection of the API server in a thread of its own, a daemon."""

from __future__ import annotations

import threading
from collections.abc import Callable

from bench.placement.facts import Object
from local.simulated.client import Client

LISTED = "LISTED"
"""What there was at first; later ones are ADDED, MODIFIED or DELETED."""


class Follower:
    """`see` is called with what happened and the object, in the order of revisions."""

    def __init__(self, client: Client, path: str, see: Callable[[str, Object], None]) -> None:
        self._client, self._path, self._see = client, path, see
        self._failure: Exception | None = None
        threading.Thread(target=self._follow, daemon=True).start()

    def check(self) -> None:
        """Raises what has ended the thread."""
        if self._failure is not None:
            raise self._failure

    def _follow(self) -> None:
        try:
            listed = self._client.get(self._path)
            for each in listed["items"]:
                self._see(LISTED, each)
            version = listed["metadata"]["resourceVersion"]
            while True:
                # The API server ends a watch after a while.
                for event in self._client.watch(self._path, version):
                    version = event["object"]["metadata"]["resourceVersion"]
                    self._see(event["type"], event["object"])
        except Exception as problem:
            # Whoever asks next is told.
            self._failure = problem
