"""The two ways the service says no: to the operator at start-up, to a client at a request."""

from __future__ import annotations


class StartError(Exception):
    """The service cannot start; the message is the one line an operator reads."""


class RequestError(Exception):
    """A request gets no result.

    Args:
        status: HTTP status. 4xx: the client has to change the request; it is not a model error.
        message: what was found and what is expected.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def describe_exit(exit_code: int | None) -> str:
    """How a process ended, in words."""
    return f"signal {-exit_code}" if exit_code and exit_code < 0 else f"exit code {exit_code}"
