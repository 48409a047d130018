"""A detail of Pulumi's speed when nobody sits at the terminal."""

from __future__ import annotations

import signal


def deliver() -> None:
    """Lets the processes that this one starts be interrupted, whatever it has inherited.

    A shell has what it starts in the background ignore SIGINT, and so do all processes below.
    Pulumi ends language hosts with that signal: each of its commands then waits 5 s for a host
    that does not hear it.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
