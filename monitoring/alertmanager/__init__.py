"""Who is told what and when, as Alertmanager's configuration."""

from monitoring.alertmanager.config import alertmanager_config, alertmanager_secret
from monitoring.alertmanager.receivers import RELAY_PORT
from monitoring.alertmanager.routes import REPEAT_CRITICAL

__all__ = ["RELAY_PORT", "REPEAT_CRITICAL", "alertmanager_config", "alertmanager_secret"]
