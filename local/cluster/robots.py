"""Chat robots in the instance's network, for the messages of `Pulumi.dev.yaml` and of tests.

They are as strict as their vendors' own; `local.robots.server` says what they keep, and how to
break them. Their secrets are samples that everybody knows.
"""

from __future__ import annotations

from local.cluster.layout import API_ADDRESS, ROBOTS_PORT, Layout
from local.cluster.supervisor import Process, python_module

DINGTALK = ("sample-dingtalk-token", "SECsample-dingtalk-secret")
WECOM = ("sample-wecom-key",)
FEISHU = ("sample-feishu-token", "sample-feishu-secret")


def url() -> str:
    """Where pods reach them."""
    return f"http://{API_ADDRESS}:{ROBOTS_PORT}"


def process(layout: Layout) -> Process:
    """All three."""
    layout.robots.mkdir(parents=True, exist_ok=True)
    robots = {"dingtalk": DINGTALK, "wecom": WECOM, "feishu": FEISHU}
    return python_module(
        "local.robots",
        *("--host", API_ADDRESS, "--port", str(ROBOTS_PORT), "--dir", str(layout.robots)),
        *(":".join((vendor, *known)) for vendor, known in robots.items()),
    )
