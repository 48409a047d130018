"""JSON Schemas for kubeconform out of the Go modules that the cluster itself is built from.

Kubernetes ships its OpenAPI documents; the Gateway API, Karpenter and the Prometheus Operator ship
their CRDs. Each becomes one strict schema for a kind that needs no other file, in the cache
directory.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from local.cache import cache_directory, locked
from local.toolchain import module_directory
from local.toolset import MODULES

KUBERNETES = ("kubernetes", "k8s.io/kubernetes")
# CRDs as their projects publish them: the tool whose go.mod pins the module, the module, a folder
# of it, and the files for the kinds that we write.
DEFINITIONS = (
    (
        "gateway-api",
        "sigs.k8s.io/gateway-api",
        "config/crd/standard",
        ("gateway.networking.k8s.io_httproutes",),
    ),
    (
        "karpenter",
        "sigs.k8s.io/karpenter",
        "pkg/apis/crds",
        ("karpenter.sh_nodepools",),
    ),
    (
        "prometheus-operator",
        "github.com/prometheus-operator/prometheus-operator",
        "example/prometheus-operator-crd",
        tuple(
            f"monitoring.coreos.com_{kind}"
            for kind in ("alertmanagers", "podmonitors", "prometheusrules", "servicemonitors")
        ),
    ),
)
DOCUMENTS = (
    "api__v1",
    "apis__apps__v1",
    "apis__autoscaling__v2",
    "apis__networking.k8s.io__v1",
    "apis__policy__v1",
    "apis__rbac.authorization.k8s.io__v1",
    "apis__resource.k8s.io__v1",
    "apis__scheduling.k8s.io__v1",
)
Schema = dict[str, Any]


def schema_location() -> str:
    """The `-schema-location` for kubeconform; makes the schemas if the cache lacks them."""
    pinning = (KUBERNETES[0], *(name for name, *_ in DEFINITIONS))
    sources = [MODULES / name / "go.mod" for name in pinning]
    content = b"".join(path.read_bytes() for path in (*sources, Path(__file__)))
    place = cache_directory() / "schemas" / hashlib.sha256(content).hexdigest()[:12]
    with locked(place.with_suffix(".lock")):
        if not place.is_dir():
            scratch = place.with_suffix(".making")
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(parents=True)
            for name, schema in _schemas():
                (scratch / f"{name}.json").write_text(json.dumps(schema))
            scratch.rename(place)
    return f"{place}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"


def _schemas() -> Iterator[tuple[str, Schema]]:
    name, module = KUBERNETES
    documents = module_directory(MODULES / name, module) / "api/openapi-spec/v3"
    for document in DOCUMENTS:
        text = (documents / f"{document}_openapi.json").read_text()
        text = text.replace("#/components/schemas/", "#/definitions/")
        definitions = json.loads(text)["components"]["schemas"]
        for schema in definitions.values():
            _make_strict(schema)
        for key, schema in definitions.items():
            for kind in schema.get("x-kubernetes-group-version-kind", ()):
                whole = {"$ref": f"#/definitions/{key}", "definitions": definitions}
                yield _file_name(kind["group"], kind["version"], kind["kind"]), whole
    for name, module, folder, files in DEFINITIONS:
        for file in files:
            path = module_directory(MODULES / name, module) / folder / f"{file}.yaml"
            yield from _of_definition(yaml.safe_load(path.read_text())["spec"])


def _of_definition(spec: Schema) -> Iterator[tuple[str, Schema]]:
    for version in spec["versions"]:
        schema = version["schema"]["openAPIV3Schema"]
        _make_strict(schema)
        yield _file_name(spec["group"], version["name"], spec["names"]["kind"]), schema


def _file_name(group: str, version: str, kind: str) -> str:
    """As kubeconform looks for it: deployment-apps-v1, service-v1."""
    parts = [kind, *([group.partition(".")[0]] if group else []), version]
    return "-".join(parts).lower()


def _make_strict(schema: object) -> None:
    """Refuse fields that nobody knows, at every level."""
    if isinstance(schema, list):
        for each in schema:
            _make_strict(each)
    if isinstance(schema, dict):
        for each in schema.values():
            _make_strict(each)
        if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
