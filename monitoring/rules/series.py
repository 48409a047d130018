"""Names of the series that rules read and write: `level:metric:operations`.

The level names the labels beside `namespace`: `model_version` has `model` and `version`, `model`
has `model` alone. Rates are per second, latencies in seconds, ratios and shares from 0 to 1.
"""

from __future__ import annotations

MODELS_JOB = "paddle-models"
GATEWAY_JOB = "gateway"
EXPORTER_JOB = "paddle-canary-exporter"
DCGM_JOB = "dcgm"
RELAY_JOB = "relay"

# What the stack file says, as series that rules join: one rule serves all models.
MODEL_INFO = "model:info:constant"
VERSION_INFO = "model_version:info:constant"
SLO_ERROR_RATIO = "model:slo_error_ratio:constant"
SLO_P99 = "model:slo_p99_seconds:constant"
SLO_TRAFFIC_DROP = "model:slo_traffic_drop:constant"

REQUESTS = "model_version:paddle_model_requests:rate5m"
REQUESTS_30M = "model_version:paddle_model_requests:rate30m"
ERRORS = "model_version:paddle_model_errors:rate5m"
ERROR_RATIO = "model_version:paddle_model_errors:ratio_rate5m"
BUCKETS = "model_version:paddle_model_latency_seconds_bucket:rate5m"
P50 = "model_version:paddle_model_latency_seconds:p50_rate5m"
P95 = "model_version:paddle_model_latency_seconds:p95_rate5m"
P99 = "model_version:paddle_model_latency_seconds:p99_rate5m"
TAIL = "model_version:paddle_model_latency_seconds:tail_rate5m"

MODEL_REQUESTS = "model:paddle_model_requests:rate5m"
MODEL_REQUESTS_30M = "model:paddle_model_requests:rate30m"
MODEL_REQUESTS_1H = "model:paddle_model_requests:rate1h"
MODEL_ERRORS = "model:paddle_model_errors:rate5m"
MODEL_ERROR_RATIO = "model:paddle_model_errors:ratio_rate5m"
NORM = "model:paddle_model_requests:rate1h_norm"
FLOOR = "model:paddle_model_requests:rate1h_floor"

STABLE_REQUESTS = "model:paddle_model_requests:stable_rate5m"
STABLE_ERRORS = "model:paddle_model_errors:stable_rate5m"
STABLE_P95 = "model:paddle_model_latency_seconds:stable_p95_rate5m"
EXCESS_ERRORS = "model_version:paddle_model_errors:excess_rate5m"
EXCESS_ERRORS_30M = "model_version:paddle_model_errors:excess_rate30m"
EXCESS_VARIANCE = "model_version:paddle_model_errors:excess_variance_rate5m"
EXCESS_VARIANCE_30M = "model_version:paddle_model_errors:excess_variance_rate30m"

GATEWAY_REQUESTS = "model_version:gateway_requests:rate5m"
GATEWAY_ERRORS = "model_version:gateway_errors:rate5m"
GATEWAY_UNANSWERED = "model_version:gateway_unanswered:rate5m"

# What the exporter of the live route tells.
WEIGHT = "paddle_canary_weight"
READY_ENDPOINTS = "paddle_canary_ready_endpoints"
ROUTE_INFO = "paddle_canary_route_info"
EXPORTER_SUCCESS = "paddle_canary_exporter_last_success_timestamp_seconds"


def model_errors(window: str) -> str:
    """Errors per second of a model over a window, such as 1h; an hour without series counts 0."""
    return f"model:paddle_model_errors:rate{window}"


def model_error_ratio(window: str) -> str:
    """Errors per request of a model over a window."""
    return f"model:paddle_model_errors:ratio_rate{window}"


def weight_over(end: str, window: str) -> str:
    """The `min` or `max` of a version's weight in a window, in percent."""
    return f"model_version:paddle_canary_weight:{end}{window}"
