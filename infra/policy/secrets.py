"""No password where anybody who may look at an object reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from infra.policy.resource import Resource, Settings

_NAME = re.compile(
    r"(^|[_.-])(password|passwd|passphrase|secret|token|credentials?|(api|access|private)_?key)$",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|[?&](access_token|key|sign)=[0-9A-Za-z%_-]{16,}"
    r"|://[^/\s:@]+:[^/\s:@]+@"
    r"|/open-apis/bot/v2/hook/[0-9a-f-]{30,}"
)


def looks_like_one(name: str, value: str) -> bool:
    """Whether a variable or key is a secret, by its name or the shape of its value."""
    return bool(value and (_NAME.search(name) or _VALUE.search(value)))


def none_in_plain_text(resource: Resource, _: Settings) -> Iterator[str]:
    """Neither in variables of a container nor in a ConfigMap; values are never in the message."""
    for container in resource.containers():
        for variable in container.get("env") or ():
            name, value = str(variable.get("name")), str(variable.get("value") or "")
            if looks_like_one(name, value):
                yield (
                    f"container {container.get('name')}: variable {name} looks like a secret in "
                    f"plain text; mount a Secret as a file"
                )
    if resource.kind == "ConfigMap":
        for key, value in (resource.properties.get("data") or {}).items():
            if looks_like_one(str(key), str(value)):
                yield f"key {key} looks like a secret in plain text; write it into a Secret"
