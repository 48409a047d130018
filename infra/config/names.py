"""Texts that Kubernetes, HTTP or a registry must accept; each title says what to write."""

from __future__ import annotations

import ipaddress
import re
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_QUALIFIED = "[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
_TOKEN = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
_TAG = re.compile(r":[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")

LONGEST_NAME = 63
"""Kubernetes' limit for the name of a Service, and for a label's value."""


def _pinned(image: str) -> str:
    if _DIGEST.search(image):
        return image
    tag = _TAG.search(image)
    if not tag or tag.group() == ":latest":
        raise ValueError("no tag that stays")
    return image


def _normal(path: str) -> str:
    if any(part in (".", "..") for part in path.split("/")):
        raise ValueError("leaves its prefix")
    return path


def _somebody(mention: str) -> str:
    if mention == "all":
        raise ValueError("mentions everybody")
    return mention


# Reads the whole directory of time zones.
_time_zones = cache(available_timezones)


def _range(text: str) -> str:
    ipaddress.ip_network(text)
    return text


def _known_zone(name: str) -> str:
    if name not in _time_zones():
        raise ValueError("no such time zone")
    return name


def object_name(model: str, version: str) -> str:
    """Name the Deployment and Service of a version: `ocr`, `v1.1` -> `ocr-v1-1`."""
    return f"{model}-{version.replace('.', '-').replace('_', '-')}"


def canary_name(model: str) -> str:
    """Name the canary Ingress of a model; the main Ingress has the model's own name."""
    return f"{model}-canary"


Host = Annotated[
    str,
    Field(
        # The last label starts with a letter, which keeps IP addresses out.
        pattern=rf"^({_LABEL}\.)*[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?$",
        max_length=253,
        title="a DNS name in lower case, such as ocr.example.com",
    ),
]
UrlPath = Annotated[
    str,
    Field(
        pattern=r"^(/|(/[A-Za-z0-9._~-]+)+)$",
        max_length=256,
        title="a path without a slash at its end, such as / or /ocr",
    ),
    AfterValidator(_normal),
]
UrlPrefix = Annotated[
    str,
    Field(
        pattern=r"^https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$",
        title="scheme, host and port, such as http://127.0.0.1:18080",
    ),
]
ModelName = Annotated[
    str,
    Field(
        pattern=r"^[a-z]([a-z0-9-]*[a-z0-9])?$",
        max_length=LONGEST_NAME,
        title="a name of lower-case letters, digits and '-' that starts with a letter",
    ),
]
VersionName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$",
        max_length=LONGEST_NAME,
        title="a version of lower-case letters, digits, '.', '_' and '-', such as v1.1",
    ),
]
LabelName = Annotated[
    str,
    Field(
        pattern=f"^{_LABEL}$",
        title="a name of at most 63 lower-case letters, digits and '-', such as gpu-stable",
    ),
]
ObjectName = Annotated[
    str,
    Field(
        pattern=rf"^{_LABEL}(\.{_LABEL})*$",
        max_length=253,
        title="a Kubernetes name in lower case, such as gpu-node-1",
    ),
]
StackName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$",
        title="the name of a stack, such as prod-platform",
    ),
]
Image = Annotated[
    str,
    Field(
        pattern=(
            r"^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?/)?"
            r"[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
            r"(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(@sha256:[0-9a-f]{64})?$"
        ),
        max_length=512,
        title="an image with a tag other than latest, or a digest, such as registry/ocr:v1.1",
    ),
    AfterValidator(_pinned),
]
EnvName = Annotated[
    str,
    Field(
        pattern="^[A-Za-z_][A-Za-z0-9_]*$",
        title="a variable of letters, digits and '_' that starts with no digit",
    ),
]
Token = Annotated[
    str,
    Field(pattern=_TOKEN, max_length=256, title="an HTTP token without spaces, such as X-Canary"),
]
TaintKey = Annotated[
    str,
    Field(
        pattern=rf"^({_LABEL}(\.{_LABEL})*/)?{_QUALIFIED}$",
        max_length=316,
        title="a key such as nvidia.com/gpu or dedicated",
    ),
]
TaintValue = Annotated[
    str, Field(pattern=rf"^{_QUALIFIED}$", title="a value of letters, digits, '.', '_' and '-'")
]
Resource = Annotated[
    str,
    Field(
        pattern=rf"^(none|{_LABEL}(\.{_LABEL})*/{_QUALIFIED})$",
        title="an extended resource such as nvidia.com/gpu, or none for nodes without accelerators",
    ),
]
NodeLabelValue = Annotated[
    str,
    Field(
        pattern=rf"^{_QUALIFIED}$",
        title="a label's value of letters, digits, '.', '_' and '-', such as NVIDIA-L4",
    ),
]
LimitName = Annotated[
    str,
    Field(
        pattern=rf"^(cpu|{_LABEL}(\.{_LABEL})*/{_QUALIFIED})$",
        title="cpu, or an extended resource such as nvidia.com/gpu",
    ),
]
CelExpression = Annotated[
    str,
    Field(
        pattern="^[^\r\n]+$",
        max_length=1024,
        title="a CEL expression in one line, such as device.capacity['gpu.nvidia.com'].memory…",
    ),
]
DisruptedNodes = Annotated[
    str,
    Field(
        pattern="^((100|[0-9]{1,2})%|[0-9]+)$",
        title='a number of nodes or percent, such as "1" or "10%"',
    ),
]
CloudName = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/+=@-]*$",
        max_length=512,
        title="a name or id as the cloud shows it, without spaces",
    ),
]
Cpu = Annotated[
    str,
    Field(
        pattern=r"^([1-9][0-9]*m|[1-9][0-9]*(\.[0-9]{1,3})?|0\.[0-9]{1,3})$",
        title='processor cores, such as "2" or "250m"',
    ),
]
Memory = Annotated[
    str,
    Field(pattern="^[1-9][0-9]*(Mi|Gi)$", title="memory in Mi or Gi, such as 512Mi or 2Gi"),
]
AlertName = Annotated[
    str,
    Field(
        pattern="^[A-Z][A-Za-z0-9]*$",
        max_length=LONGEST_NAME,
        title="the name of an alert, such as HighModelLatency",
    ),
]
VolumeSize = Annotated[
    str,
    Field(pattern="^([1-9][0-9]*(Mi|Gi)|none)$", title="a size in Mi or Gi, such as 50Gi, or none"),
]
PortName = Annotated[
    str,
    Field(
        pattern="^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$",
        title="a port's name of at most 15 lower-case letters, digits and '-', such as metrics",
    ),
]
SeriesLabel = Annotated[
    str,
    Field(
        # Two underscores in front are Prometheus' own.
        pattern="^([a-zA-Z]|_[a-zA-Z0-9])[a-zA-Z0-9_]*$",
        title="a label's name of letters, digits and '_', such as cluster",
    ),
]
Cidr = Annotated[
    str,
    Field(pattern=r"^[0-9a-f.:]+/[0-9]{1,3}$", title="a range of addresses, such as 10.0.0.0/24"),
    AfterValidator(_range),
]
Mention = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_.+-]{1,64}$",
        title="the mobile number, user id or open id of a person, such as '13800138000'",
    ),
    AfterValidator(_somebody),
]
MailAddress = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._%+-]{1,64}@([A-Za-z0-9-]+\.)*[A-Za-z0-9-]+$",
        max_length=254,
        title="a mail address, such as oncall@example.com",
    ),
]
ServerAddress = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?:[0-9]{1,5}$",
        title="host and port, such as smtp.example.com:587",
    ),
]
UrlBase = Annotated[
    str,
    Field(
        pattern=(
            r"^https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?"
            r"(/[A-Za-z0-9._~-]+)*/?$"
        ),
        title="an address without query, such as https://alerts.example.com/alertmanager",
    ),
]
Clock = Annotated[
    str,
    Field(
        pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        title='a time of day in quotes, such as "09:00"',
    ),
]
TimeZone = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$",
        title="an IANA time zone, such as Asia/Shanghai",
    ),
    AfterValidator(_known_zone),
]
UrlQuery = Annotated[
    str,
    Field(
        pattern=r"^/[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*$",
        max_length=1024,
        title="a path with an optional query, such as /smoke?version=v1.2",
    ),
]
