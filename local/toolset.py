"""The tools of the platform as data: one Go module each, since their requirements clash."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

MODULES = Path(__file__).parent / "tools"
PROVIDER_VERSION = "4.18.2"


@dataclass(frozen=True)
class ModuleFile:
    """A file of a Go module that a tool needs: beside the binary, or overlaid on its sources."""

    module: str
    path: str
    name: str


@dataclass(frozen=True)
class Tool:
    """One directory of `local/tools/`.

    `seconds`: what a cold build took on two cores; weighs the estimate of the time left.
    `tags`: build tags, here those that leave out what is not used.
    `names`: names of binaries that differ from what `go build` calls them.
    `overlay`: generated files that the module carries outside the package that embeds them.
    `beside`: files to install, executable, next to the binary.
    """

    name: str
    seconds: int
    package: str = "tool"
    ldflags: str = "-s -w"
    tags: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    overlay: tuple[ModuleFile, ...] = ()
    beside: tuple[ModuleFile, ...] = ()

    @property
    def directory(self) -> Path:
        return MODULES / self.name


_PULUMI_VERSION = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_PROVIDER = "github.com/pulumi/pulumi-kubernetes/provider/v4"
_PROVIDER_MAIN = "cmd/pulumi-resource-kubernetes"
_PROMETHEUS_VERSION = "github.com/prometheus/common/version.Version"
_LANGUAGE_EXEC = "pulumi-language-python-exec"
_KARPENTER = "sigs.k8s.io/karpenter"

TOOLS: dict[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool("pulumi", 180, ldflags=f"-s -w -X {_PULUMI_VERSION}=v3.250.0"),
        Tool(
            "pulumi-kubernetes",
            425,
            package=".",
            ldflags=f"-s -w -X {_PROVIDER}/pkg/version.Version={PROVIDER_VERSION}",
            names={"pulumi-kubernetes": "pulumi-resource-kubernetes"},
            overlay=tuple(
                ModuleFile(_PROVIDER, f"{_PROVIDER_MAIN}/{name}", name)
                for name in ("schema.json", "terraform-mapping.json")
            ),
        ),
        Tool(
            "pulumi-language-python",
            18,
            ldflags=f"-s -w -X {_PULUMI_VERSION}=v3.79.0",
            beside=(
                ModuleFile(
                    "github.com/pulumi/pulumi/sdk/v3",
                    f"python/cmd/{_LANGUAGE_EXEC}",
                    _LANGUAGE_EXEC,
                ),
            ),
        ),
        Tool(
            "kubernetes",
            324,
            ldflags=(
                "-s -w -X k8s.io/component-base/version.gitVersion=v1.34.4"
                " -X k8s.io/component-base/version.gitMajor=1"
                " -X k8s.io/component-base/version.gitMinor=34"
            ),
        ),
        Tool("etcd", 22, names={"server": "etcd"}),
        Tool("coredns", 60, package="."),
        # A sixth of its packages finds the machines of clouds. Its module carries no web UI.
        Tool(
            "prometheus",
            140,
            ldflags=f"-s -w -X {_PROMETHEUS_VERSION}=3.16.0",
            tags=("remove_all_sd", "enable_kubernetes_sd"),
        ),
        Tool("alertmanager", 40, ldflags=f"-s -w -X {_PROMETHEUS_VERSION}=0.31.1"),
        Tool("kubeconform", 4),
        Tool("kube-score", 24),
        Tool("cyclonus", 60),
        Tool("kwok", 120),
        # With its provider whose nodes are KWOK's, and the definitions of its own kinds.
        Tool(
            "karpenter",
            150,
            names={"kwok": "karpenter"},
            beside=tuple(
                ModuleFile(_KARPENTER, path, Path(path).name)
                for path in (
                    "pkg/apis/crds/karpenter.sh_nodeclaims.yaml",
                    "pkg/apis/crds/karpenter.sh_nodeoverlays.yaml",
                    "pkg/apis/crds/karpenter.sh_nodepools.yaml",
                    "kwok/apis/crds/karpenter.kwok.sh_kwoknodeclasses.yaml",
                )
            ),
        ),
    )
}

ENGINE = ("pulumi", "pulumi-kubernetes", "pulumi-language-python")
CLUSTER = ("kubernetes", "etcd", "coredns", "prometheus", "alertmanager")
CHECKERS = ("kubeconform", "kube-score", "cyclonus")


def wanted_tools(
    own_cluster: bool, which: Callable[[str], str | None] = shutil.which
) -> tuple[str, ...]:
    """Tools to build: the engine unless a `pulumi` is on PATH, the cluster if it is ours.

    An installed `pulumi` brings its language host and fetches its own provider.
    """
    engine = () if which("pulumi") else ENGINE
    return engine + (CLUSTER if own_cluster else ())
