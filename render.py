"""The Kubernetes objects of a stack file as YAML, without Pulumi and without a cluster."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from infra.config import ConfigErrors, StackConfig, load_file
from infra.isolation import Manifest, namespace
from infra.model import autoscaler, deployment, disruption_budget, service
from infra.node_pools import pool_objects
from infra.plain_yaml import dump_all
from infra.tracks import priority_classes, quotas
from infra.traffic import routes
from monitoring.collection import manifests as monitoring

_EXAMPLES = """examples:
  python -m render Pulumi.prod.yaml
  python -m render Pulumi.*.yaml --out rendered/
  diff <(git show main:Pulumi.prod.yaml | python -m render -) \\
       <(python -m render Pulumi.prod.yaml)
"""


def manifests(config: StackConfig, *, dashboards: bool = True) -> Iterator[Manifest]:
    """Every object that an update declares, but for those that hold secrets.

    Node pools of clouds are no Kubernetes objects and not among them. The objects of kind Node are
    patches: only what the stack owns of a node. `dashboards` says
    whether those are among them, of which each has more lines than all the rest.
    """
    if config.owns_platform:
        yield from map(namespace, config.namespaces)
        yield from priority_classes(config)
        yield from quotas(config)
    for name in config.node_pools:
        yield from pool_objects(config, name)
    for name, model in config.models.items():
        for version in model.versions:
            yield deployment(config, name, version)
            yield service(config, name, version)
            yield disruption_budget(config, name, version)
            scaler = autoscaler(config, name, version)
            if scaler is not None:
                yield scaler
        yield from routes(config, name)
    yield from (each for each in monitoring(config) if dashboards or not _is_dashboard(each))


def to_yaml(config: StackConfig, *, dashboards: bool = True) -> str:
    """All objects of a stack as one YAML text with a document each."""
    return dump_all(manifests(config, dashboards=dashboards))


def _is_dashboard(manifest: Manifest) -> bool:
    labels = manifest["metadata"].get("labels", {})
    return manifest["kind"] == "GrafanaDashboard" or "grafana_dashboard" in labels


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 when every file was rendered, 1 when one is not right."""
    parser = argparse.ArgumentParser(
        prog="python -m render",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "files", nargs="+", metavar="FILE", type=Path, help="stack file; - reads standard input"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="write DIR/<name of FILE> instead of printing"
    )
    parser.add_argument("--no-dashboards", action="store_true", help="leave out dashboards")
    options = parser.parse_args(arguments)
    wanted = not options.no_dashboards
    return max([_render(file, options.out, wanted) for file in options.files])


def _render(file: Path, out: Path | None, dashboards: bool) -> int:
    try:
        config = load_file("/dev/stdin" if str(file) == "-" else file)
        rendered = to_yaml(config, dashboards=dashboards)
    except OSError as error:
        print(f"{file}: {error.strerror}; write the path of a stack file", file=sys.stderr)
        return 1
    except ConfigErrors as errors:
        for problem in errors.problems:
            print(f"{file}: {problem}", file=sys.stderr)
        return 1
    if out is None:
        print(rendered, end="")
    else:
        out.mkdir(parents=True, exist_ok=True)
        (out / file.name).write_text(rendered)
    return 0


if __name__ == "__main__":
    sys.exit(main())
