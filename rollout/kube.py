"""The cluster as the rollout asks it: short requests, whose failures are one error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import urllib3
from kubernetes import client

# Seconds to connect and to read. Going back waits for nothing longer than this.
TIMEOUT = (2, 5)
FIELD_MANAGER = "paddle-canary-rollout"


class ClusterAway(Exception):
    """The API server did not answer, or refused; `str()` says what it was asked."""


class Conflict(Exception):
    """Somebody else has written the object since it was read."""


@contextmanager
def asked(what: str) -> Iterator[None]:
    """Turn the failures of one request into ClusterAway or Conflict."""
    try:
        yield
    except client.ApiException as error:
        if error.status == 409:
            raise Conflict(what) from error
        raise ClusterAway(f"{what}: {error.status} {error.reason}") from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise ClusterAway(f"{what}: no answer") from error


def is_missing(error: ClusterAway) -> bool:
    """Whether the object that was asked for does not exist."""
    return isinstance(error.__cause__, client.ApiException) and error.__cause__.status == 404
