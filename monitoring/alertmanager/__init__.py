"""Who is told what and when, as Alertmanager's configuration."""

from monitoring.alertmanager.config import alertmanager_config, alertmanager_secret
from monitoring.alertmanager.receivers import RELAY_PORT
from monitoring.alertmanager.routes import CRITICAL

__all__ = ["CRITICAL", "RELAY_PORT", "alertmanager_config", "alertmanager_secret"]
