"""When a new weight arrived, read from who answered a stream of cheap requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from local.load.answers import BLOCK, Answer
from local.load.client import Client, Target

# Enough to keep the gateway busy while a pod answers, few enough to stay out of its way.
_CLIENTS = 4
_BEFORE_SECONDS = 0.3


def first_answer(answers: Sequence[Answer], version: str, since: float) -> int | None:
    """Index of the first request sent after `since` that `version` answered; None if none was.

    `answers` are in the order of sending.
    """
    return next(
        (i for i, a in enumerate(answers) if a.sent >= since and a.version == version), None
    )


def exact_split(answers: Sequence[Answer], version: str, weight: int, start: int) -> int | None:
    """Index, from `start`, of the first of the first 100 requests in a row of which `version`
    answered exactly `weight`; None if it never did.

    A split that is right at once therefore takes no time, however long 100 requests take.
    """
    inside = sum(answer.version == version for answer in answers[start : start + BLOCK])
    for first in range(start, len(answers) - BLOCK + 1):
        if inside == weight:
            return first
        entering = answers[first + BLOCK] if first + BLOCK < len(answers) else None
        inside += entering is not None and entering.version == version
        inside -= answers[first].version == version
    return None


def observe(
    target: Target, write: Callable[[], None], seconds: float
) -> tuple[list[Answer], float]:
    """Asks who answers, without a pause, from a moment before `write` until `seconds` after it.

    Returns the answers in the order of sending, and when `write` was called (monotonic clock).
    """
    stop = threading.Event()
    answers: list[Answer] = []

    def work() -> None:
        client = Client(target)
        while not stop.is_set():
            answers.append(client.who_answers())
        client.close()

    threads = [threading.Thread(target=work) for _ in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(_BEFORE_SECONDS)
        since = time.monotonic()
        write()
        time.sleep(seconds)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return sorted(answers, key=lambda answer: answer.sent), since
