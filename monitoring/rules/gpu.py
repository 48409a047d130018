"""Health of the GPUs, from NVIDIA's DCGM exporter.

Faults are read from the count of XID errors in the exporter's own window: the metric of the last
XID keeps its value until the exporter restarts, and would fire for ever.
https://docs.nvidia.com/deploy/xid-errors/
"""

from __future__ import annotations

from collections.abc import Iterator

from infra.config.alerting import Alerting
from monitoring.rules.alert import Texts, platform_alert
from monitoring.rules.rule import AlertRule
from monitoring.rules.series import DCGM_JOB
from monitoring.rules.tuned import Tuned

_GPU = "Hostname, gpu, UUID, modelName"
_NAME = "GPU {{ $labels.gpu }} ({{ $labels.modelName }}) of {{ $labels.Hostname }}"
_NAME_ZH = "{{ $labels.Hostname }} 的 GPU {{ $labels.gpu }}（{{ $labels.modelName }}）"
_UUID = "{{ $labels.UUID }}"


def rules(alerting: Alerting) -> Iterator[AlertRule]:
    """GpuXidErrors, GpuMemoryFull, GpuTooHot."""
    yield from platform_alert(alerting, "GpuXidErrors", _faults, _faults_said)
    yield from platform_alert(alerting, "GpuMemoryFull", _memory, _memory_said)
    yield from platform_alert(alerting, "GpuTooHot", _heat, _heat_said)


def _metric(name: str, by: str = _GPU) -> str:
    return f'max by ({by}) ({name}{{job="{DCGM_JOB}"}})'


def _faults(tuned: Tuned) -> str:
    return f"{_metric('DCGM_EXP_XID_ERRORS_COUNT', f'{_GPU}, xid')} > 0"


def _faults_said(tuned: Tuned) -> Texts:
    xid = "XID {{ $labels.xid }}"
    return Texts(
        f"{_NAME}: {xid}",
        f"The driver reported {xid} of {_NAME} {{{{ $value }}}} times in the last minutes "
        f"({_UUID}).",
        f"{_NAME_ZH}：{xid}",
        f"最近几分钟驱动报告 {_NAME_ZH}出现 {xid} 共 {{{{ $value }}}} 次（{_UUID}）。",
    )


def _memory(tuned: Tuned) -> str:
    used, free = _metric("DCGM_FI_DEV_FB_USED"), _metric("DCGM_FI_DEV_FB_FREE")
    return f"{used} / ({used} + {free}) > {tuned.limit}"


def _memory_said(tuned: Tuned) -> Texts:
    share = "{{ $value | humanizePercentage }}"
    return Texts(
        f"{_NAME}: memory is {share} full",
        f"{share} of the memory of {_NAME} is in use ({_UUID}); the alert fires above "
        f"{tuned.threshold * 100:g}%.",
        f"{_NAME_ZH}：显存已用 {share}",
        f"{_NAME_ZH}的显存已用 {share}（{_UUID}），超过 {tuned.threshold * 100:g}% 时告警。",
    )


def _heat(tuned: Tuned) -> str:
    return f"{_metric('DCGM_FI_DEV_GPU_TEMP')} > {tuned.limit}"


def _heat_said(tuned: Tuned) -> Texts:
    return Texts(
        f"{_NAME}: {{{{ $value }}}} °C",
        f"{_NAME} is at {{{{ $value }}}} °C ({_UUID}); the alert fires above "
        f"{tuned.threshold:g} °C.",
        f"{_NAME_ZH}：{{{{ $value }}}} °C",
        f"{_NAME_ZH}温度为 {{{{ $value }}}} °C（{_UUID}），超过 {tuned.threshold:g} °C 时告警。",
    )
