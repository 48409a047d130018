"""Register the objects of the file that `policies:objects` names. No cluster is asked."""

from __future__ import annotations

import signal
from importlib import metadata
from pathlib import Path

import pulumi
import yaml

# As the real program: a refusal is to be read, and not a traceback of the interrupt.
signal.signal(signal.SIGINT, signal.SIG_DFL)
config = pulumi.Config()
provider = pulumi.ProviderResource(
    "kubernetes",
    "files",
    {"renderYamlToDirectory": config.require("rendered")},
    pulumi.ResourceOptions(version=metadata.version("pulumi-kubernetes")),
)
for manifest in yaml.safe_load_all(Path(config.require("objects")).read_text()):
    group = "core/v1" if manifest["apiVersion"] == "v1" else manifest["apiVersion"]
    pulumi.CustomResource(
        f"kubernetes:{group}:{manifest['kind']}",
        manifest["metadata"]["name"],
        manifest,
        pulumi.ResourceOptions(provider=provider),
    )
