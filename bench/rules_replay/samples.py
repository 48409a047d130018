"""What Prometheus scrapes of the fleet, once a minute, incidents included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from bench.rules_replay.fleet import MINUTES, MODELS, Floats, Model, Versions, expected, versions
from bench.rules_replay.incidents import INCIDENTS, Incident, Kind
from bench.rules_replay.stack import OWNER
from monitoring.rules.series import VERSION_INFO

NAMESPACE = "paddle-models"
START = 1_788_739_200  # Monday 2026-09-07 00:00 UTC
PODS = ("a", "b")
RESTARTS_PER_DAY = 0.2

# Share of requests by the upper bound of their bucket, in seconds: half a percent takes seconds.
_LATENCY = {"0.1": 0.45, "0.2": 0.515, "0.5": 0.03, "1": 0.0, "2": 0.005, "+Inf": 0.0}
_SLOW = {"0.1": 0.0, "0.2": 0.0, "0.5": 0.0, "1": 0.5, "2": 0.5, "+Inf": 0.0}
_SLOWER = {"0.1": 0.0, "0.2": 0.0, "0.5": 1.0, "1": 0.0, "2": 0.0, "+Inf": 0.0}

Labels = Mapping[str, str]
Series = tuple[str, Labels, Floats]
"""Metric, labels, a sample for each minute; NaN where there is none."""


def scraped(seed: int) -> Iterator[Series]:
    """Every series of four weeks."""
    chance = np.random.default_rng(seed)
    for model in MODELS:
        yield from _model(model, chance)
    yield from _platform()


def _model(model: Model, chance: np.random.Generator) -> Iterator[Series]:
    route = versions(model)
    sent = chance.poisson(expected(model, chance) * _factor(model) * 60)
    shares = _shares(model, route)
    counts = chance.multinomial(sent, np.stack([shares[name] for name in route.names], axis=1))
    requests = dict(zip(route.names, counts.T.astype(float), strict=True))
    unanswered = {name: np.zeros(MINUTES) for name in route.names}
    for each in _of(model, "dead"):
        canary, stable = (route.arm(arm, each.start) for arm in ("canary", "stable"))
        window = slice(each.start, each.end)
        unanswered[canary][window] = requests[canary][window]
        requests[stable][window] += requests[canary][window]
        requests[canary][window] = 0
    errors: dict[str, Floats] = {}
    for name in route.names:
        per_pod = _split(requests[name], chance)
        failed = _failed(model, route, name, per_pod, chance)
        errors[name] = np.sum(failed, axis=0)
        for pod, (count, bad) in enumerate(zip(per_pod, failed, strict=True)):
            yield from _pod((model, route, name), PODS[pod], count, bad, chance)
    yield from _gateway(model, route, requests, errors, unanswered)
    yield from _exporter(model, route)
    for name in route.names:
        labels = {"namespace": NAMESPACE, "model": model.name, "version": name, "owner": OWNER}
        yield VERSION_INFO, labels, np.where(route.alive[name], 1.0, np.nan)


def _of(model: Model | None, *kinds: Kind) -> Iterator[Incident]:
    for each in INCIDENTS:
        if each.model == (model.name if model else "") and each.kind in kinds:
            yield each


def _factor(model: Model) -> Floats:
    factor = np.ones(MINUTES)
    for each in _of(model, "traffic"):
        factor[each.start : each.end] = each.size
    return factor


def _shares(model: Model, route: Versions) -> dict[str, Floats]:
    """Share of the requests that each version really gets."""
    shares = {name: weight / 100 for name, weight in route.weights.items()}
    for each in _of(model, "share", "not ready"):
        canary, stable = (route.arm(arm, each.start) for arm in ("canary", "stable"))
        window = slice(each.start, each.end)
        shares[canary][window] = each.size
        shares[stable][window] = 1 - each.size
    return shares


def _split(count: Floats, chance: np.random.Generator) -> list[Floats]:
    first = chance.binomial(count.astype(int), 0.5).astype(float)
    return [first, count - first]


def _failed(
    model: Model, route: Versions, name: str, per_pod: list[Floats], chance: np.random.Generator
) -> list[Floats]:
    """Errors of each pod."""
    found = []
    for pod, count in enumerate(per_pod):
        ratio = np.full(MINUTES, model.errors)
        for each in _of(model, "errors", "errors of one pod"):
            if route.arm(each.arm, each.start) == name and (each.kind == "errors" or pod == 0):
                ratio[each.start : each.end] = each.size
        found.append(chance.binomial(count.astype(int), ratio).astype(float))
    return found


def _pod(
    arm: tuple[Model, Versions, str],
    pod: str,
    count: Floats,
    bad: Floats,
    chance: np.random.Generator,
) -> Iterator[Series]:
    """Counters of one pod of a version. They begin anew at a restart; its track changes."""
    model, route, name = arm
    resets = chance.random(MINUTES) < RESTARTS_PER_DAY / 1440
    there = route.alive[name] & ~_hidden(model, route, name, "no metrics")
    silent = _hidden(model, route, name, "no scrape")
    buckets = _buckets(model, route, name, count, chance)
    labels = {
        "job": "paddle-models",
        "namespace": NAMESPACE,
        "model": model.name,
        "version": name,
        "pod": f"{model.name}-{name}-{pod}",
    }
    is_stable = route.stable == route.names.index(name)
    for track, on_track in (("stable", is_stable), ("canary", ~is_stable)):
        seen = there & on_track
        if not seen.any():
            continue
        tracked = {**labels, "track": track}
        yield "up", tracked, np.where(seen, (~silent).astype(float), np.nan)
        for metric, values in (
            ("paddle_model_requests_total", count),
            ("paddle_model_errors_total", bad),
        ):
            yield metric, tracked, np.where(seen & ~silent, _counter(values, resets), np.nan)
        for le, values in buckets.items():
            samples = np.where(seen & ~silent, _counter(values, resets), np.nan)
            yield "paddle_model_latency_seconds_bucket", {**tracked, "le": le}, samples


def _hidden(model: Model, route: Versions, name: str, kind: Kind) -> NDArray[np.bool_]:
    hidden = np.zeros(MINUTES, dtype=bool)
    for each in _of(model, kind):
        if route.arm(each.arm, each.start) == name:
            hidden[each.start : each.end] = True
    return hidden


def _buckets(
    model: Model, route: Versions, name: str, count: Floats, chance: np.random.Generator
) -> dict[str, Floats]:
    """Requests by minute at most as slow as each bound."""
    shares = np.tile(np.array(list(_LATENCY.values())), (MINUTES, 1))
    for each in _of(model, "slow", "slower"):
        if route.arm(each.arm, each.start) == name:
            slow = _SLOW if each.kind == "slow" else _SLOWER
            mixed = (1 - each.size) * shares[0] + each.size * np.array(list(slow.values()))
            shares[each.start : each.end] = mixed
    drawn = chance.multinomial(count.astype(int), shares).cumsum(axis=1)
    return dict(zip(_LATENCY, drawn.T.astype(float), strict=True))


def _counter(values: Floats, resets: NDArray[np.bool_]) -> Floats:
    total = values.cumsum()
    before = np.where(resets, total - values, 0)
    counted: Floats = total - np.maximum.accumulate(before)
    return counted


def _gateway(
    model: Model,
    route: Versions,
    requests: Mapping[str, Floats],
    errors: Mapping[str, Floats],
    unanswered: Mapping[str, Floats],
) -> Iterator[Series]:
    """Requests by slot and status: the main slot leads to stable, the canary's to the canary."""
    scraped = ~_platform_fault("gateway scrape")
    is_stable = {name: route.stable == at for at, name in enumerate(route.names)}
    for slot in ("main", "canary"):
        led = {name: is_stable[name] == (slot == "main") for name in route.names}
        good = sum((requests[each] - errors[each]) * led[each] for each in route.names)
        bad = sum(errors[each] * led[each] for each in route.names)
        none = sum(unanswered[each] * led[each] for each in route.names)
        labels = {"job": "gateway", "service": f"{model.name}-{slot}"}
        for code, values in (("200", good), ("500", bad), ("502", none)):
            samples = np.where(scraped, np.cumsum(values), np.nan)
            yield "traefik_service_requests_total", {**labels, "code": code}, samples


def _exporter(model: Model, route: Versions) -> Iterator[Series]:
    """Weight, ready pods and slot of each version, while it has pods."""
    reads = ~_platform_fault("exporter")
    routed = reads.copy()
    for each in _of(model, "no route"):
        routed[each.start : each.end] = False
    for at, name in enumerate(route.names):
        ready = np.where(route.alive[name], 2.0, 0)
        for each in _of(model, "not ready"):
            if route.arm(each.arm, each.start) == name:
                ready[each.start : each.end] = 0
        labels = {
            "job": "paddle-canary-exporter",
            "namespace": NAMESPACE,
            "model": model.name,
            "version": name,
        }
        is_stable = route.stable == at
        for track, on_track in (("stable", is_stable), ("canary", ~is_stable)):
            seen = route.alive[name] & on_track
            if seen.any():
                tracked = {**labels, "track": track}
                weight = np.where(seen & routed, route.weights[name], np.nan)
                yield "paddle_canary_weight", tracked, weight
                pods = np.where(seen & reads, ready, np.nan)
                yield "paddle_canary_ready_endpoints", tracked, pods
                slot = f"{model.name}-{'main' if track == 'stable' else 'canary'}"
                info = np.where(seen & routed, 1.0, np.nan)
                yield "paddle_canary_route_info", {**labels, "slot": slot}, info


def _platform() -> Iterator[Series]:
    """Gateway, relay, exporter and two GPUs."""
    minutes = np.arange(MINUTES)
    reads = ~_platform_fault("exporter")
    last = np.maximum.accumulate(np.where(reads, START + minutes * 60.0, 0))
    exporter = {"job": "paddle-canary-exporter"}
    yield "paddle_canary_exporter_last_success_timestamp_seconds", exporter, last
    yield "up", {"job": "gateway"}, (~_platform_fault("gateway scrape")).astype(float)
    yield "up", {"job": "relay"}, np.ones(MINUTES)
    given_up = _platform_fault("dead letters").astype(float).cumsum()
    relay = {"job": "relay", "robot": "vision-dingtalk"}
    yield "paddle_relay_dead_letters_total", relay, given_up
    busy = (1 + np.cos((minutes % 1440 / 1440 - 0.65) * 2 * np.pi)) / 2
    for gpu in ("0", "1"):
        ours = gpu == "0"
        labels = {
            "job": "dcgm",
            "Hostname": "node-1",
            "gpu": gpu,
            "UUID": f"GPU-{gpu}",
            "modelName": "NVIDIA A10",
        }
        temperature = np.where(_platform_fault("hot") & ours, 92.0, 45 + 30 * busy)
        used = np.where(_platform_fault("memory") & ours, 23_500.0, 9_000 + 8_000 * busy)
        yield "DCGM_FI_DEV_GPU_TEMP", labels, temperature
        yield "DCGM_FI_DEV_FB_USED", labels, used
        yield "DCGM_FI_DEV_FB_FREE", labels, 24_000 - used
        xid = (_platform_fault("xid") & ours).astype(float)
        yield "DCGM_EXP_XID_ERRORS_COUNT", {**labels, "xid": "79"}, xid


def _platform_fault(kind: Kind) -> NDArray[np.bool_]:
    found = np.zeros(MINUTES, dtype=bool)
    for each in _of(None, kind):
        found[each.start : each.end] = True
    return found
