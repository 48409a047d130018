"""Pieces of alert texts, in Prometheus' template language."""

from __future__ import annotations

MODEL = "{{ $labels.model }}"
VERSION = "{{ $labels.model }} {{ $labels.version }}"
SHARE = "{{ $value | humanizePercentage }}"
SECONDS = "{{ $value | humanizeDuration }}"
PER_SECOND = '{{ printf "%.3g" $value }}'

AS_SHARE = "humanizePercentage"
AS_SECONDS = "humanizeDuration"
AS_NUMBER = 'printf "%.3g"'


def of_model(series: str, show: str) -> str:
    """The value that a series has for the alert's model."""
    return _look_up(f"{series}{{namespace='%s',model='%s'}}", ".namespace .Labels.model", show)


def of_version(series: str, show: str) -> str:
    """The value that a series has for the alert's version."""
    query = f"{series}{{namespace='%s',model='%s',version='%s'}}"
    return _look_up(query, ".namespace .Labels.model .Labels.version", show)


def ratio_of_model(part: str, whole: str) -> str:
    """One series of the alert's model divided by another, in percent."""
    model = "{namespace='%s',model='%s'}"
    query = f"{part}{model} / {whole}{model}"
    labels = ".namespace .Labels.model .Labels.namespace .Labels.model"
    return _look_up(query, labels, AS_SHARE)


def _look_up(query: str, labels: str, show: str) -> str:
    found = f'printf "{query}" .Labels{labels} | query'
    return f"{{{{ with {found} }}}}{{{{ . | first | value | {show} }}}}{{{{ end }}}}"
