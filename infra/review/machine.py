"""A review as plain data, for a machine."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from infra.config.errors import show_path
from infra.review.review import Review


def to_dict(review: Review) -> dict[str, Any]:
    """The fields of `Review` as JSON has them; paths as `pulumi config set --path` takes them."""
    found = asdict(review)
    found["changes"] = [
        {
            "path": show_path(change.path),
            "topic": change.topic,
            "before": change.before,
            "after": change.after,
            "loosens": change.loosens,
        }
        for change in review.changes
    ]
    found["objects"] = [
        {
            "action": each.action,
            "kind": each.kind,
            "namespace": each.namespace,
            "name": each.name,
            "fields": list(each.fields),
            "restarts": each.restarts,
        }
        for each in review.objects
    ]
    return {"verdict": review.verdict, **found}
