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


def first_answer(answers: Sequence[Answer], version: str, since: float) -> float | None:
    """Seconds from `since` until `version` answered a request sent after it; None if it never did.

    `answers` are in the order of sending.
    """
    return next(
        (a.ended - since for a in answers if a.sent >= since and a.version == version), None
    )


def exact_split(answers: Sequence[Answer], version: str, weight: int, since: float) -> float | None:
    """Seconds from `since` until the split was exactly right; None if it never was.

    That is when the first one was sent of the first 100 requests in a row of which `version`
    answered exactly `weight`. A split that is right at once therefore takes no time, however long
    100 requests take. `answers` are in the order of sending.
    """
    after = [answer for answer in answers if answer.sent >= since]
    inside = sum(answer.version == version for answer in after[:BLOCK])
    for start in range(len(after) - BLOCK + 1):
        if start:
            entering, leaving = after[start + BLOCK - 1], after[start - 1]
            inside += (entering.version == version) - (leaving.version == version)
        if inside == weight:
            return after[start].sent - since
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
