"""The GPUs of the stack's pools, as the DCGM exporter sees them."""

from __future__ import annotations

from grafana_foundation_sdk.models import units

from infra.config import StackConfig
from monitoring.dashboards.board import Board
from monitoring.dashboards.language import Say
from monitoring.dashboards.panels import Panel, Query, lines
from monitoring.dashboards.promql import by_pool, nvidia_pools

COUNT = "count(DCGM_FI_DEV_GPU_UTIL{NODES})"
UTILISATION = "avg(DCGM_FI_DEV_GPU_UTIL{NODES}) / 100"
MEMORY = (
    "max(DCGM_FI_DEV_FB_USED{NODES} / (DCGM_FI_DEV_FB_USED{NODES} + DCGM_FI_DEV_FB_FREE{NODES}))"
)
TEMPERATURE = "max(DCGM_FI_DEV_GPU_TEMP{NODES})"
FAULTS = "sum(DCGM_EXP_XID_ERRORS_COUNT{NODES})"


def row(board: Board, config: StackConfig, say: Say) -> Board:
    """Adds the row, if the stack has GPUs that the exporter watches."""
    return board.row(say("GPUs", "GPU"), *_panels(config, say)) if nvidia_pools(config) else board


def _panels(config: StackConfig, say: Say) -> tuple[Panel, ...]:

    def by_pools(title: str, description: str, unit: str, expr: str, top: float | None) -> Panel:
        query = Query(by_pool(config, expr), "{{pool}}")
        return lines(title, description, unit, [query], width=6, top=top)

    return (
        by_pools(
            say("GPU utilisation", "GPU 利用率"),
            say(
                "Mean over the GPUs of each pool. A canary that needs much more than stable for "
                "the same traffic will not fit when it gets all of it.",
                "各节点池 GPU 的平均值。同样的流量下灰度池明显更高，说明全量之后会放不下。",
            ),
            units.PercentUnit,
            UTILISATION,
            1,
        ),
        by_pools(
            say("GPU memory", "显存占用"),
            say(
                "The fullest GPU of each pool. Close to 100% the next large batch fails.",
                "各节点池中占用最高的一张卡。接近 100% 时，下一个大批次就会失败。",
            ),
            units.PercentUnit,
            MEMORY,
            1,
        ),
        by_pools(
            say("GPU temperature", "GPU 温度"),
            say(
                "The hottest GPU of each pool. Too hot, a GPU slows down, and latency rises.",
                "各节点池中最热的一张卡。过热会降频，延迟随之上升。",
            ),
            units.Celsius,
            TEMPERATURE,
            None,
        ),
        by_pools(
            say("GPU faults (XID)", "GPU 故障（XID）"),
            say(
                "Faults that the driver reported lately. Any is one too many: look up its XID in "
                "the driver's log on the node.",
                "驱动最近上报的故障数，正常应为 0。到节点的驱动日志里查 XID 编号。",
            ),
            units.Short,
            FAULTS,
            None,
        ),
    )
