"""GPU health, from DCGM's metrics."""

from __future__ import annotations

from tests.promtool.scenario import (
    Scenario,
    Suite,
    Values,
    alerts,
    conditions,
    gauge,
    said,
    series,
)

GPU = {"Hostname": "node-1", "gpu": "0", "UUID": "GPU-1", "modelName": "NVIDIA A10"}
OTHER_GPU = {**GPU, "gpu": "1", "UUID": "GPU-2"}
OWNED = {"severity": "warning", "owner": "platform"}
LINK = "https://grafana.example.com/d/paddle-canary-monitoring"
NAME = "GPU 0 (NVIDIA A10) of node-1"
NAME_ZH = "node-1 的 GPU 0（NVIDIA A10）"


def dcgm(name: str, of: dict[str, str], **labels: str) -> str:
    """A series of the DCGM exporter, which also tells of itself and of the pod on the GPU."""
    scraped = {"job": "dcgm", "instance": "node-1:9400", "pod": "ocr-v1-a", **labels}
    return series(name, **scraped, **of)


def memory(used: Values, free: Values, of: dict[str, str]) -> dict[str, Values]:
    return {
        dcgm("DCGM_FI_DEV_FB_USED", of): used,
        dcgm("DCGM_FI_DEV_FB_FREE", of): free,
    }


FAULTS = [
    Scenario(
        "an XID error fires at once, and clears ten minutes later",
        {
            dcgm("DCGM_EXP_XID_ERRORS_COUNT", {**GPU, "xid": "79"}): gauge(
                (0, "1m"), (2, "5m"), (0, "12m")
            ),
            dcgm("DCGM_EXP_XID_ERRORS_COUNT", {**GPU, "xid": "13"}): gauge((0, "18m")),
            dcgm("DCGM_EXP_XID_ERRORS_COUNT", OTHER_GPU, job="forged"): gauge((9, "18m")),
        },
        [
            alerts("45s", "GpuXidErrors"),
            alerts("1m", "GpuXidErrors", [], [{**GPU, "xid": "79", **OWNED}]),
            said(
                "1m",
                "GpuXidErrors",
                {**GPU, "xid": "79", **OWNED},
                summary=f"{NAME}: XID 79",
                description=f"The driver reported XID 79 of {NAME} 2 times in the last minutes "
                "(GPU-1).",
                summary_zh=f"{NAME_ZH}：XID 79",
                description_zh=f"最近几分钟驱动报告 {NAME_ZH}出现 XID 79 共 2 次（GPU-1）。",
                runbook="https://runbooks.example.com/GpuXidErrors.md",
                dashboard=LINK,
            ),
            alerts("15m45s", "GpuXidErrors", [], [{**GPU, "xid": "79", **OWNED}]),
            alerts("16m", "GpuXidErrors"),
        ],
    ),
    Scenario(
        "a single XID error fires",
        {dcgm("DCGM_EXP_XID_ERRORS_COUNT", {**GPU, "xid": "48"}): gauge((0, "1m"), (1, "1m"))},
        [alerts("1m", "GpuXidErrors", [], [{**GPU, "xid": "48", **OWNED}])],
    ),
    Scenario(
        "one GPU on which a pod follows another fires once",
        {
            dcgm("DCGM_EXP_XID_ERRORS_COUNT", {**GPU, "xid": "79"}, pod=pod): gauge((count, "1m"))
            for pod, count in (("old", 0), ("new", 2), ("newer", 1))
        },
        [
            said(
                "15s",
                "GpuXidErrors",
                {**GPU, "xid": "79", **OWNED},
                summary=f"{NAME}: XID 79",
                description=f"The driver reported XID 79 of {NAME} 2 times in the last minutes "
                "(GPU-1).",
                summary_zh=f"{NAME_ZH}：XID 79",
                description_zh=f"最近几分钟驱动报告 {NAME_ZH}出现 XID 79 共 2 次（GPU-1）。",
                runbook="https://runbooks.example.com/GpuXidErrors.md",
                dashboard=LINK,
            )
        ],
    ),
]

MEMORY = [
    conditions(
        "memory is nearly full",
        "GpuMemoryFull",
        {**GPU, **OWNED},
        {(15, 1): False, (951, 49): True, (950, 50): False, (949, 51): False},
        dcgm("DCGM_FI_DEV_FB_USED", GPU),
        dcgm("DCGM_FI_DEV_FB_FREE", GPU),
    ),
    Scenario(
        "full memory fires after ten minutes, and clears ten minutes later",
        {
            **memory(gauge((97, "11m"), (50, "12m")), gauge((3, "11m"), (50, "12m")), GPU),
            **memory(gauge((50, "23m")), gauge((50, "23m")), OTHER_GPU),
            dcgm("DCGM_FI_DEV_FB_USED", OTHER_GPU, job="forged"): gauge((9999, "23m")),
            dcgm("DCGM_FI_DEV_FB_FREE", OTHER_GPU, job="forged"): gauge((51, "23m")),
            # Were these counted as well, this GPU would seem to have room.
            dcgm("DCGM_FI_DEV_FB_USED", GPU, job="forged"): gauge((98, "23m")),
            dcgm("DCGM_FI_DEV_FB_FREE", GPU, job="forged"): gauge((99, "23m")),
            dcgm("DCGM_FI_DEV_FB_USED", GPU, pod="before"): gauge((96, "23m")),
            dcgm("DCGM_FI_DEV_FB_FREE", GPU, pod="before"): gauge((2, "23m")),
        },
        [
            alerts("9m45s", "GpuMemoryFull", [{**GPU, **OWNED}]),
            alerts("10m", "GpuMemoryFull", [], [{**GPU, **OWNED}]),
            said(
                "10m",
                "GpuMemoryFull",
                {**GPU, **OWNED},
                summary=f"{NAME}: memory is 97% full",
                description=f"97% of the memory of {NAME} is in use (GPU-1); the alert fires "
                "above 95%.",
                summary_zh=f"{NAME_ZH}：显存已用 97%",
                description_zh=f"{NAME_ZH}的显存已用 97%（GPU-1），超过 95% 时告警。",
                runbook="https://runbooks.example.com/GpuMemoryFull.md",
                dashboard=LINK,
            ),
            alerts("20m45s", "GpuMemoryFull", [], [{**GPU, **OWNED}]),
            alerts("21m", "GpuMemoryFull"),
        ],
    ),
]

HEAT = [
    conditions(
        "a GPU is too hot",
        "GpuTooHot",
        {**GPU, **OWNED},
        {(84,): False, (85,): False, (86,): True},
        dcgm("DCGM_FI_DEV_GPU_TEMP", GPU),
    ),
    Scenario(
        "heat fires after five minutes, and clears ten minutes later",
        {
            dcgm("DCGM_FI_DEV_GPU_TEMP", GPU): gauge((91, "6m"), (60, "12m")),
            dcgm("DCGM_FI_DEV_GPU_TEMP", GPU, pod="before"): gauge((85, "18m")),
            dcgm("DCGM_FI_DEV_GPU_TEMP", OTHER_GPU): gauge((60, "18m")),
            dcgm("DCGM_FI_DEV_GPU_TEMP", OTHER_GPU, job="forged"): gauge((99, "18m")),
        },
        [
            alerts("4m45s", "GpuTooHot", [{**GPU, **OWNED}]),
            alerts("5m", "GpuTooHot", [], [{**GPU, **OWNED}]),
            said(
                "5m",
                "GpuTooHot",
                {**GPU, **OWNED},
                summary=f"{NAME}: 91 °C",
                description=f"{NAME} is at 91 °C (GPU-1); the alert fires above 85 °C.",
                summary_zh=f"{NAME_ZH}：91 °C",
                description_zh=f"{NAME_ZH}温度为 91 °C（GPU-1），超过 85 °C 时告警。",
                runbook="https://runbooks.example.com/GpuTooHot.md",
                dashboard=LINK,
            ),
            alerts("15m45s", "GpuTooHot", [], [{**GPU, **OWNED}]),
            alerts("16m", "GpuTooHot"),
        ],
    ),
]

SUITES = [
    Suite(alert, ["gpu"], scenarios, alert)
    for alert, scenarios in (
        ("GpuXidErrors", FAULTS),
        ("GpuMemoryFull", MEMORY),
        ("GpuTooHot", HEAT),
    )
]
