"""A review as Markdown, for a pull request: the answers first, the details folded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from infra.config.errors import show_path
from infra.review.capacity import CardChange, Demand
from infra.review.changes import Change, Topic
from infra.review.review import Review
from infra.review.undo import Undo
from infra.split import percent

_VERDICTS = {
    "fine": "nothing risky",
    "attention": "needs a person's attention",
    "refused": "refused",
}
_HEADINGS: Mapping[Topic, str] = {
    "routes": "Routes and hosts",
    "thresholds": "Objectives, alerts and the plan",
    "people": "Who is told",
    "other": "Everything else in the file",
}
_ABSENT = "none"
_LONGEST = 60
_MOST_FIELDS = 4


def to_markdown(review: Review) -> str:
    """The whole review, ending with a newline."""
    title = f"Review of stack {review.stack}" if review.stack else "Review of the stack"
    lines = [f"# {title}: {_VERDICTS[review.verdict]}", "", *_refused(review)]
    if review.changes or review.objects or review.secrets:
        lines += [
            *_users(review),
            *_risks(review),
            *_guard(review),
            *_cards(review),
            *_values(review),
            *_objects(review),
            *_undo(review.undo),
        ]
    elif not review.refused:
        lines += ["Nothing changes.", ""]
    lines += _preview(review)
    return "\n".join(lines).rstrip() + "\n"


def _refused(review: Review) -> Iterator[str]:
    if review.refused:
        yield from ("## Refused", "", *_items(review.refused), "")


def _users(review: Review) -> Iterator[str]:
    yield from ("## What changes for users", "")
    if not review.traffic:
        yield from ("The shares of requests stay as they are.", "")
        return
    rows = [
        (
            shift.model,
            shift.version,
            _share(shift.before, shift.role_before),
            _share(shift.after, shift.role_after),
        )
        for shift in review.traffic
    ]
    yield from _table(("model", "version", "before", "after"), rows)


def _share(share: float | None, role: str) -> str:
    if share is None:
        return _ABSENT
    return f"{percent(share)}% {role}" if share or role == "stable" else "0% canary (testers only)"


def _risks(review: Review) -> Iterator[str]:
    yield from ("## What could go wrong", "")
    if not review.risks:
        yield from ("Nothing that the files show.", "")
        return
    marks = {"attention": "**Attention:** ", "note": ""}
    yield from _items(f"{marks[risk.level]}{risk.text}" for risk in review.risks)
    yield ""


def _guard(review: Review) -> Iterator[str]:
    if review.conditions:
        yield from ("## What the guard will ask", "")
        yield from ("It lets the change through if, by the cluster's clock and live routes:", "")
        yield from (*_items(review.conditions), "")


def _cards(review: Review) -> Iterator[str]:
    yield from ("## What it costs", "")
    if not review.pools and not review.cards:
        yield from ("No pods and no cards more or less.", "")
        return
    rows = [
        (
            pool.pool,
            pool.accelerator,
            _change(_pods(pool.before), _pods(pool.after)),
            _change(_cards_of(pool.before), _cards_of(pool.after)),
            f"{pool.after.most_cards - pool.before.most_cards:+d}",
        )
        for pool in review.pools
    ]
    rows += [
        ("all", each.accelerator, "", "", f"{each.after - each.before:+d}")
        for each in review.cards
        if each.before != each.after
    ]
    if rows:
        yield from _table(("pool", "card", "pods", "cards", "cards at most"), rows)
    changed = [
        each
        for each in review.cards
        if each.room_before != each.room_after and (each.room_before or each.room_after)
    ]
    if changed:
        yield from (*_items(map(_room, changed)), "")


def _room(cards: CardChange) -> str:
    before, after = (
        "an unknown number" if most is None else str(most)
        for most in (cards.room_before, cards.room_after)
    )
    return f"{cards.accelerator} that pools may have at the most: {before} → {after}"


def _pods(demand: Demand) -> str:
    return _range(demand.pods, demand.most_pods)


def _cards_of(demand: Demand) -> str:
    return _range(demand.cards, demand.most_cards)


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def _change(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _values(review: Review) -> Iterator[str]:
    for topic, heading in _HEADINGS.items():
        found = [
            change
            for change in review.changes
            # Of another provider's keys, many say nothing on either side.
            if change.topic == topic and (_says(change.before) or _says(change.after))
        ]
        if found:
            yield from (f"## {heading}", "")
            yield from _table(("key", "before", "after"), map(_row, found))
    if review.secrets:
        yield from ("## Secrets", "", *_items(review.secrets), "")


def _says(value: Any) -> bool:  # noqa: ANN401 - any value of a stack file
    return value is not None and value != []


def _row(change: Change) -> tuple[str, str, str]:
    after = _show(change.after) + (" (looser)" if change.loosens else "")
    return f"`{show_path(change.path)}`", _show(change.before), after


def _show(value: Any) -> str:  # noqa: ANN401 - any value of a stack file
    if value is None:
        return _ABSENT
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "there"
    if isinstance(value, list):
        return ", ".join(_show(each) for each in value) or "none"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _objects(review: Review) -> Iterator[str]:
    count: dict[str, int] = {}
    for each in review.objects:
        count[each.action] = count.get(each.action, 0) + 1
    summary = ", ".join(f"{number} to {action}" for action, number in count.items()) or "none"
    yield from ("## Kubernetes objects", "", f"{summary[0].upper()}{summary[1:]}.", "")
    if review.objects:
        yield from ("<details>", "", "<summary>Each of them</summary>", "")
        rows = [
            (
                each.action,
                each.kind,
                f"{each.namespace}/{each.name}" if each.namespace else each.name,
                _fields(each.fields),
            )
            for each in review.objects
        ]
        yield from _table(("", "kind", "object", "fields"), rows)
        yield from ("</details>", "")


def _fields(fields: tuple[str, ...]) -> str:
    shown = ", ".join(f"`{field}`" for field in fields[:_MOST_FIELDS])
    rest = len(fields) - _MOST_FIELDS
    return f"{shown} and {rest} more" if rest > 0 else shown


def _undo(found: Undo) -> Iterator[str]:
    yield from ("## How to undo", "")
    if found.at_once:
        yield from ("At once, with nothing to wait for:", "", "```", *found.at_once, "```", "")
    if found.revert_refused:
        yield from ("A plain revert would be **refused** by the guard:", "")
        yield from (*_items(found.revert_refused), "")
        return
    opening = "Or in whole: revert" if found.at_once else "Revert"
    whole = f"{opening} the commit, then `pulumi up`. The guard lets it through"
    if found.revert_if:
        yield from (f"{whole} if:", "", *_items(found.revert_if), "")
    else:
        yield from (f"{whole}.", "")
    if found.starts:
        yield from (f"It waits until pods are ready again: {', '.join(found.starts)}.", "")


def _preview(review: Review) -> Iterator[str]:
    if review.preview is None:
        return
    yield from ("## What the engine plans", "")
    if not review.preview.steps:
        yield from ("No changes.", "")
        return
    rows = [(step.op, step.kind, step.name, _fields(step.fields)) for step in review.preview.steps]
    yield from _table(("", "kind", "resource", "fields"), rows)
    if review.unforeseen:
        names = [f"{step.op} {step.kind} {step.name}" for step in review.unforeseen]
        yield "**Attention:** the files do not explain these steps. What is deployed is not what"
        yield from ("BASE says, or it was changed by hand (`pulumi refresh` tells):", "")
        yield from (*_items(names), "")


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(map(_cell, row))} |"
    yield ""


def _items(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield f"- {' '.join(text.split())}"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
