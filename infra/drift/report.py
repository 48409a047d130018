"""A drift report, for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from infra.drift.read import Difference


def to_json(stack: str, found: Sequence[Difference]) -> str:
    """`{"stack", "drift": [{kind, name, path, declared, live, who}]}`."""
    return json.dumps(
        {"stack": stack, "drift": [asdict(each) for each in found]}, ensure_ascii=False, indent=2
    )


def to_markdown(stack: str, found: Sequence[Difference]) -> str:
    """A table, and what to do about it."""
    if not found:
        return f"# Drift of {stack}: none\n\nThe cluster is as the last update left it.\n"
    rows = (
        (each.kind, each.name, each.path or "the object", each.declared, each.live, each.who or "?")
        for each in found
    )
    lines = [
        f"# Drift of {stack}: {len(found)}",
        "",
        "| kind | object | field | declared | live | changed by |",
        "|---|---|---|---|---|---|",
        *(f"| {' | '.join(map(_cell, row))} |" for row in rows),
        "",
        f"To have it as declared again: `pulumi up --refresh --stack {stack}`. To keep what is "
        "live: write it into the stack file, in a pull request.",
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    # What stands in a cluster was written by anybody: it must not become a link or another column.
    return f"`{text.replace('`', chr(39)).replace('|', chr(92) + '|')}`".replace("\n", " ")
