"""Alertmanager's whole configuration, the same in both modes.

https://prometheus.io/docs/alerting/latest/configuration/
"""

from __future__ import annotations

from typing import Any

from infra.config import StackConfig
from infra.isolation import Manifest
from infra.names import MANAGED_BY
from infra.plain_yaml import dump
from monitoring.alertmanager.intervals import time_intervals
from monitoring.alertmanager.receivers import mail_server, receivers
from monitoring.alertmanager.routes import GROUP_LABELS, route
from monitoring.stack import alerting_of

FILE = "alertmanager.yaml"
SECRET_NAME = "alertmanager-config"
_BUDGET_LABELS = ("namespace", "model")


def alertmanager_config(config: StackConfig) -> dict[str, Any]:
    """The content of `alertmanager.yml`; secrets are in the files of `monitoring.secret_files`.

    Raises ValueError for a stack without `alerting`.
    """
    alerting = alerting_of(config)
    return {
        "global": mail_server(alerting),
        "route": route(config, alerting),
        "inhibit_rules": [_critical_silences_warning(), _fast_burn_silences_slow()],
        "receivers": receivers(alerting),
        "time_intervals": time_intervals(alerting),
    }


def alertmanager_secret(config: StackConfig) -> Manifest:
    """The configuration as the Secret that an `Alertmanager` resource names as `configSecret`.

    Not an AlertmanagerConfig: of that, the operator makes something else by rules of its own. By
    default it adds a matcher for the namespace of the object to every route and inhibition, so that
    alerts of pods elsewhere, and of none, silently reach nobody; whether it does, whether it reads
    the object at all, and which fields it knows is up to the cluster and the operator's version.
    What is in this Secret is, byte for byte, what was tested. An Alertmanager that nobody sends
    alerts to can still be wrong, but not silently: the dead man's switch goes off.
    """
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": SECRET_NAME,
            "namespace": alerting_of(config).namespace,
            "labels": MANAGED_BY,
        },
        "stringData": {FILE: dump(alertmanager_config(config))},
    }


def _critical_silences_warning() -> dict[str, Any]:
    """A version's warnings say nothing new while it has a critical alert.

    A label that both alerts lack counts as equal, hence the demand that each is there: otherwise a
    critical alert about the platform would silence every warning about it.
    """
    labelled = [f'{label}!=""' for label in GROUP_LABELS]
    return {
        "source_matchers": ['severity="critical"', *labelled],
        "target_matchers": ['severity="warning"', *labelled],
        "equal": list(GROUP_LABELS),
    }


def _fast_burn_silences_slow() -> dict[str, Any]:
    """One budget of one model: that it lasts days says all that its being short of a month would.

    Nothing else silences burn rates. They are of a model over all versions: while its canary has an
    alert, or is away, stable may burn the budget with fewer errors than an alert of its own needs.
    """
    labelled = [f'{label}!=""' for label in _BUDGET_LABELS]
    return {
        "source_matchers": ['alertname="ErrorBudgetBurnFast"', *labelled],
        "target_matchers": ['alertname="ErrorBudgetBurnSlow"', *labelled],
        "equal": list(_BUDGET_LABELS),
    }
