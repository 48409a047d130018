"""Metrics, pods and routes that are not there."""

from __future__ import annotations

from monitoring.rules.series import REQUESTS
from tests.promtool.fleet import (
    COMMON,
    ELSEWHERE,
    EXPORTER,
    NAMESPACE,
    OCR,
    TUNED,
    Model,
    endpoints,
    recorded,
    weight,
)
from tests.promtool.scenario import Scenario, Suite, Values, alerts, gauge, life, said, series
from tests.promtool.suites.constants import CONSTANTS

ALL = gauge((1, "30m"))
STACKS = (NAMESPACE, ELSEWHERE)


def read(samples: Values) -> dict[str, Values]:
    """When the exporter last read the cluster, Unix time; tests begin at 0."""
    name = "paddle_canary_exporter_last_success_timestamp_seconds"
    return {series(name, **EXPORTER): samples}


def clock(time: str) -> Values:
    """The exporter reads the cluster at each scrape."""
    return [float(15 * each) for each in range(len(gauge((0, time))))]


def metrics(of: Model, hold: str) -> Scenario:
    """ModelVersionAbsent: a version ends in the first minute, and is back in the 17th."""
    texts = of.says(
        "ModelVersionAbsent",
        summary=f"{of.name} v2: no metrics",
        description=f"The stack file gives {of.name} v2 pods, and Prometheus has no metrics of "
        "any. Nobody knows how this version does.",
        summary_zh=f"{of.name} v2：没有指标",
        description_zh=f"配置中 {of.name} v2 应有 Pod，但 Prometheus 没有它的任何指标，"
        "该版本的状态未知。",
    )
    every = {
        series(REQUESTS, namespace=namespace, model=model, version=version): ALL
        for namespace in STACKS
        for model in ("ocr", "layout")
        for version in ("v1", "v2")
    }
    gone = {series(REQUESTS, **of.v2): gauge((1, "1m"), (None, "16m"), (0, "13m"))}
    # Neither a version without pods is missed, nor one that the stack does not know, nor one of
    # another stack.
    del every[series(REQUESTS, **{**of.v2, "namespace": ELSEWHERE})]
    unknown = {
        series(REQUESTS, **OCR, version=v): gauge((1, "1m"), (None, "9m")) for v in ("v0", "v9")
    }
    return Scenario(
        f"{of.name}: a version without metrics waits, fires, and clears at once",
        {**every, **gone, **unknown},
        life(
            "ModelVersionAbsent",
            {**of.v2, **of.labels("warning")},
            ("1m", "17m", hold, "0s"),
            texts,
        ),
    )


def pods(of: Model, hold: str) -> list[Scenario]:
    """NoReadyEndpoints of a canary at 5%."""
    labels = {**of.v2, "track": "canary", **of.labels("critical")}
    texts = of.says(
        "NoReadyEndpoints",
        summary=f"{of.name} v2: no pod is ready",
        description=f"The route gives {of.name} v2 (canary) 5% of the requests to {of.name}, and "
        "none of its pods is ready.",
        summary_zh=f"{of.name} v2：没有就绪的 Pod",
        description_zh=f"路由把 {of.name} 5% 的请求分给 {of.name} v2（canary），"
        "但它没有就绪的 Pod。",
    )
    both = [of.v2, *of.silent(of.v2)]
    fine = {**of.v2, "namespace": ELSEWHERE}
    return [
        Scenario(
            f"{of.name}: a version without ready pods waits, fires, and clears two minutes later",
            {
                key: samples
                for each in both
                for found in (
                    weight({**each, "version": "v1"}, "stable", gauge((95, "10m"))),
                    endpoints({**each, "version": "v1"}, "stable", gauge((3, "10m"))),
                    weight(each, "canary", gauge((5, "10m"))),
                    endpoints(each, "canary", gauge((1, "1m"), (0, "4m"), (1, "5m"))),
                )
                for key, samples in found.items()
            },
            life("NoReadyEndpoints", labels, ("1m", "5m", hold, "2m"), texts),
        ),
        Scenario(
            f"{of.name}: weight 0 needs no pods",
            {
                **weight(of.v2, "canary", gauge((0, "3m"))),
                **endpoints(of.v2, "canary", gauge((0, "3m"))),
            },
            [alerts("2m45s", "NoReadyEndpoints")],
        ),
        Scenario(
            f"{of.name}: half a percent needs pods, and pods of another model are none",
            {
                **weight(of.v2, "canary", gauge((0.5, "6m"))),
                **endpoints(of.v2, "canary", gauge((0, "6m"))),
                **endpoints({**of.v2, "model": "another"}, "canary", gauge((1, "6m"))),
            },
            [alerts("3m", "NoReadyEndpoints", [], [labels])],
        ),
        Scenario(
            f"{of.name}: two exporters that say the same do not double the weight",
            {
                key: samples
                for instance in ("old", "new")
                for key, samples in weight(
                    {**of.v2, "pod": instance}, "canary", gauge((5, "6m"))
                ).items()
            },
            [said("5m", "NoReadyEndpoints", labels, **texts)],
        ),
        Scenario(
            f"{of.name}: a Service that is gone has no ready pods; only the exporter is believed",
            {
                **weight(of.v2, "canary", gauge((5, "6m"))),
                **endpoints(fine, "stable", gauge((1, "6m"))),
                series("paddle_canary_ready_endpoints", job="forged", **of.v2): gauge((1, "6m")),
                series("paddle_canary_weight", job="forged", **of.v1): gauge((100, "6m")),
            },
            [
                alerts("0s", "NoReadyEndpoints", [labels]),
                alerts("3m", "NoReadyEndpoints", [], [labels]),
            ],
        ),
        Scenario(
            f"{of.name}: of two exporters that disagree for a moment, both must see no pod",
            {
                **weight(of.v2, "canary", gauge((0, "3m"))),
                **weight({**of.v2, "pod": "another"}, "canary", gauge((5, "3m"))),
                **endpoints(of.v2, "canary", gauge((0, "1m"), (0, "2m"))),
                **endpoints({**of.v2, "pod": "another"}, "stable", gauge((1, "1m"), (0, "2m"))),
            },
            [
                alerts("45s", "NoReadyEndpoints"),
                alerts("1m", "NoReadyEndpoints", [labels]),
            ],
        ),
    ]


def routes(of: Model, hold: str) -> list[Scenario]:
    """RouteMissing: a route ends in the first minute, and is back in the 17th."""
    labels = {**of.model, **of.labels("critical")}
    texts = of.says(
        "RouteMissing",
        summary=f"{of.name}: no live route",
        description=f"The cluster has no route for {of.name}, or one that is not as this project "
        "writes it. Requests may reach none of its versions.",
        summary_zh=f"{of.name}：没有线上路由",
        description_zh=f"集群中没有 {of.name} 的路由，或其形态与本项目所写的不同，"
        "请求可能到不了任何版本。",
    )
    every = {
        key: samples
        for namespace in STACKS
        for model in ("ocr", "layout")
        for track, version, percent in (("stable", "v1", 95), ("canary", "v2", 0))
        for key, samples in weight(
            {"namespace": namespace, "model": model, "version": version},
            track,
            gauge((percent, "22m")),
        ).items()
    }
    gone = {
        **weight(of.v1, "stable", gauge((95, "1m"), (None, "16m"), (0, "5m"))),
        **weight(of.v2, "canary", gauge((5, "1m"), (None, "21m"))),
    }
    for track, version in (("stable", "v1"), ("canary", "v2")):
        del every[
            series(
                "paddle_canary_weight",
                **EXPORTER,
                **{**of.model, "namespace": ELSEWHERE},
                version=version,
                track=track,
            )
        ]
    forged = {series("paddle_canary_weight", job="forged", **of.v1): gauge((100, "22m"))}
    success = "paddle_canary_exporter_last_success_timestamp_seconds"
    return [
        Scenario(
            f"{of.name}: a model without a route waits, fires, and clears at once",
            {**every, **gone, **forged, **read(clock("22m"))},
            life("RouteMissing", labels, ("1m", "17m", hold, "0s"), texts),
        ),
        Scenario(
            f"{of.name}: while the exporter reads nothing, nothing is said about routes",
            {
                **every,
                **weight(of.v1, "stable", gauge((None, "4m"))),
                **weight(of.v2, "canary", gauge((None, "4m"))),
                **read([0.0] * 11 + [165.0, 0.0]),
                series(success, job="forged"): clock("5m"),
            },
            [
                alerts("1m45s", "RouteMissing", [labels]),
                alerts("2m", "RouteMissing"),
                alerts("2m45s", "RouteMissing", [labels]),
                alerts("3m", "RouteMissing"),
            ],
        ),
        Scenario(
            f"{of.name}: of two exporters, one that reads the cluster is enough",
            {
                **every,
                **weight(of.v1, "stable", gauge((None, "4m"))),
                **weight(of.v2, "canary", gauge((None, "4m"))),
                series(success, **EXPORTER): gauge((0, "12m")),
                series(success, **{**EXPORTER, "instance": "new"}): gauge((0, "5m"), (300, "7m")),
            },
            [
                alerts("4m", "RouteMissing"),
                alerts("6m45s", "RouteMissing", [labels]),
                alerts("7m", "RouteMissing"),
            ],
        ),
        Scenario(
            f"{of.name}: readings of two exporters do not add up",
            {
                **weight({**of.model, "version": "v9", "model": "another"}, "stable", ALL),
                **read(gauge((300, "20m"))),
                series(success, **{**EXPORTER, "instance": "new"}): gauge((300, "20m")),
            },
            [alerts("10m", "RouteMissing")],
        ),
        Scenario(
            f"{of.name}: no exporter, nothing is said about routes",
            recorded(REQUESTS, of.v1, ALL),
            [alerts("2m", "RouteMissing")],
        ),
    ]


SUITES = [
    Suite(alert, ["presence"], scenarios, alert, CONSTANTS)
    for alert, scenarios in (
        ("ModelVersionAbsent", [metrics(COMMON, "15m"), metrics(TUNED, "10m")]),
        ("NoReadyEndpoints", [*pods(COMMON, "1m"), *pods(TUNED, "2m")]),
        ("RouteMissing", [*routes(COMMON, "15m"), *routes(TUNED, "10m")]),
    )
]
