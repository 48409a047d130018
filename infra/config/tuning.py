"""What a stack file may change of an alert: a switch, its patience, sometimes a threshold."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from infra.config.alerts import ALERTS
from infra.config.base import Part
from infra.config.errors import Path
from infra.config.values import Duration, show_duration


class Tuning(Part):
    """An alert whose threshold is an objective of the model, or that has none."""

    enabled: bool = Field(
        default=True, title="true or false", description="Whether the alert exists. Default true."
    )
    hold: Duration | None = Field(
        default=None,
        alias="for",
        description="How long the condition holds before the alert fires. Default: the alert's.",
    )
    keep: Duration | None = Field(
        default=None,
        alias="keepFiringFor",
        description="How long the alert goes on after its condition. Default: the alert's.",
    )


class Factor(Tuning):
    """An alert whose threshold is a factor."""

    threshold: Annotated[float, Field(ge=1, le=100, title="a factor from 1 to 100")] | None = Field(
        default=None, description="How many times the compared value. Default: the alert's."
    )


class Share(Tuning):
    """An alert whose threshold is a share."""

    threshold: Annotated[float, Field(ge=0, le=1, title="a share from 0 to 1")] | None = Field(
        default=None, description="Share. Default: the alert's."
    )


class Celsius(Tuning):
    """An alert whose threshold is a temperature."""

    threshold: Annotated[float, Field(ge=30, le=120, title="°C from 30 to 120")] | None = Field(
        default=None, description="Temperature in °C. Default: the alert's."
    )


def _field(name: str, default: Tuning) -> Any:  # noqa: ANN401 - as Pydantic types its own
    """A field whose description is what the catalogue says."""
    alert = ALERTS[name]
    said = [alert.meaning, f"Severity: {alert.severity}."]
    if alert.hold:
        said.append(f"For: {show_duration(alert.hold)}.")
    if alert.threshold is not None:
        key, unit = alert.threshold.key, alert.threshold.unit
        said.append(f"Threshold: {key}, default {alert.threshold.default:g} ({unit}).")
    return Field(default=default, alias=name, description=" ".join(said))


# Fields are called as their alerts are, for people who search for one.
class Alerts(Part):
    """Tunings by the names of their alerts."""

    def tuning(self, name: str) -> Tuning:
        """The tuning of one alert of this scope."""
        found: Tuning = getattr(self, name)
        return found


class ModelAlerts(Alerts):
    """Alerts about one model."""

    HighModelErrorRate: Tuning = _field("HighModelErrorRate", Tuning())
    HighModelLatency: Tuning = _field("HighModelLatency", Tuning())
    LowModelQPS: Tuning = _field("LowModelQPS", Tuning())
    CanaryErrorsAboveStable: Factor = _field("CanaryErrorsAboveStable", Factor())
    CanarySlowerThanStable: Factor = _field("CanarySlowerThanStable", Factor())
    GatewayErrors: Tuning = _field("GatewayErrors", Tuning())
    ErrorBudgetBurnFast: Tuning = _field("ErrorBudgetBurnFast", Tuning())
    ErrorBudgetBurnSlow: Tuning = _field("ErrorBudgetBurnSlow", Tuning())
    TrafficShareOff: Share = _field("TrafficShareOff", Share())
    ModelVersionAbsent: Tuning = _field("ModelVersionAbsent", Tuning())
    NoReadyEndpoints: Tuning = _field("NoReadyEndpoints", Tuning())
    RouteMissing: Tuning = _field("RouteMissing", Tuning())


class PlatformAlerts(Alerts):
    """Alerts about what the models stand on."""

    GpuXidErrors: Tuning = _field("GpuXidErrors", Tuning())
    GpuMemoryFull: Share = _field("GpuMemoryFull", Share())
    GpuTooHot: Celsius = _field("GpuTooHot", Celsius())
    RuleEvaluationFails: Tuning = _field("RuleEvaluationFails", Tuning())
    ScrapeFails: Tuning = _field("ScrapeFails", Tuning())
    RelayDeadLetters: Tuning = _field("RelayDeadLetters", Tuning())
    RouteExporterStale: Tuning = _field("RouteExporterStale", Tuning())
    Watchdog: Tuning = _field("Watchdog", Tuning())


def elsewhere(path: Path) -> str | None:
    """Say where a key belongs that was written to tune an alert; None for any other key."""
    match path:
        case (*_, "alerts", str(name)) if name in ALERTS:
            scope = ALERTS[name].scope
            return f"it under {'alerts of a model' if scope == 'model' else 'alerting.alerts'}"
        case ("models", _, "alerts", str(name), "threshold") if name in ALERTS:
            threshold = ALERTS[name].threshold
            if threshold is not None:
                return f"{threshold.key} of the model, which is the alert's threshold"
    return None
