"""One client of the gateway: a connection that is kept, and no second attempts."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from local.load.answers import Answer

VERSION_HEADER = "X-Model-Version"
# Longer than the service lets a request wait and work together: a hung pod shows as its own error.
TIMEOUT_SECONDS = 30
# Bytes of an unexpected answer that tell why.
_SAID = 100


@dataclass(frozen=True)
class Target:
    """A model behind a gateway: the gateway's URL, the model's host, and headers of ours."""

    url: str
    host: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Client:
    """Sends requests one after the other. Not to be shared between threads."""

    def __init__(self, target: Target) -> None:
        # A proxy of the environment must not stand between the client and what it measures.
        self._connection = http.client.HTTPConnection(
            urlsplit(target.url).netloc, timeout=TIMEOUT_SECONDS
        )
        self._headers = {"Host": target.host, "Content-Type": "image/png", **target.headers}

    def read_page(self, page: bytes, due: float | None = None) -> Answer:
        """A real OCR request. It fails unless a version answers it with status 200."""
        return self._post(page, 200, due)

    def who_answers(self) -> Answer:
        """A request without an image, for which the version that it reaches refuses the job.

        It takes the same way as a real one and costs no OCR, so that thousands take seconds.
        """
        return self._post(b"", 400, None)

    def close(self) -> None:
        self._connection.close()

    def _post(self, body: bytes, expected: int, due: float | None) -> Answer:
        sent = time.monotonic()
        version, failure = None, None
        try:
            self._connection.request("POST", "/infer", body, self._headers)
            response = self._connection.getresponse()
            said = response.read(_SAID).decode(errors="replace").strip()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            # Trying again on a new connection would hide what a user's client would have seen.
            self._connection.close()
            failure = type(error).__name__
        else:
            version = response.headers[VERSION_HEADER]
            if response.status != expected or version is None:
                failure = f"HTTP {response.status} {said}".strip()
        return Answer(sent if due is None else due, sent, time.monotonic(), version, failure)


def ask(target: Target, requests: int) -> list[Answer]:
    """Who answers `requests` cheap requests, each sent when the one before is answered."""
    client = Client(target)
    try:
        return [client.who_answers() for _ in range(requests)]
    finally:
        client.close()
