"""The variables with which `pulumi`, `kubectl` and our programs find an instance."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.toolset import PROVIDER_VERSION

# That of the committed stack files, whose secrets are samples.
PASSPHRASE = "paddle-canary-sample"
_CHECKOUT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Engine:
    """Where Pulumi keeps its state. `home` is None for an installed Pulumi, which has its own."""

    state: Path
    home: Path | None

    @property
    def passphrase_file(self) -> Path:
        return self.state / "passphrase"

    @property
    def backend(self) -> Path:
        return self.state / "pulumi"

    def make(self, tools: Mapping[str, Path]) -> None:
        """Backend directory, passphrase file, and built programs laid out as an install has them.

        The engine warns at every update about a language host that is not in its own directory,
        and about a provider that it finds on PATH. `tools`: directory of the binaries per tool.
        """
        self.backend.mkdir(parents=True, exist_ok=True)
        self.passphrase_file.write_text(PASSPHRASE)
        if self.home is None:
            return
        for tool in ("pulumi", "pulumi-language-python"):
            _place(tools[tool], self.home / "bin")
        plugin = f"resource-kubernetes-v{PROVIDER_VERSION}"
        _place(tools["pulumi-kubernetes"], self.home / "plugins" / plugin)


def _place(binaries: Path, directory: Path) -> None:
    """Hard links where the file system allows: the engine looks through symbolic ones."""
    directory.mkdir(parents=True, exist_ok=True)
    for binary in binaries.iterdir():
        target = directory / binary.name
        target.unlink(missing_ok=True)
        try:
            target.hardlink_to(binary)
        except OSError:
            shutil.copy2(binary, target)


def variables(kubeconfig: Path, engine: Engine, url: str | None) -> dict[str, str]:
    """All but PATH. `url`: where the gateway answers, if it is ours."""
    found = {
        "KUBECONFIG": str(kubeconfig),
        # A file of attributes beside each state file is not written atomically: with it, an update
        # that is killed may leave a stack that cannot be read ("failed to load checkpoint: EOF").
        "PULUMI_BACKEND_URL": f"file://{engine.backend}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(engine.passphrase_file),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # The language host runs `pip list` at every update, and that asks the package index for a
        # newer pip: five seconds of silence where the index cannot be reached.
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    if engine.home:
        found["PULUMI_HOME"] = str(engine.home)
    if url:
        found["PADDLE_CANARY_URL"] = url
    return found


def export_lines(found: Mapping[str, str], venv: Path | None, tools: list[Path]) -> list[str]:
    """For `eval` in a shell. Installed tools keep precedence over built ones."""
    before = f"{shlex.quote(str(venv / 'bin'))}:" if venv else ""
    after = "".join(f":{shlex.quote(str(path))}" for path in tools)
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(found.items())]
    return [f'export PATH={before}"$PATH"{after}', *lines]


def of_shell(instance: str) -> dict[str, str]:
    """All variables of a shell after `eval "$(python -m local env)"`, as a person has them.

    Raises subprocess.CalledProcessError if the instance is not up; it has said so itself.
    """
    command = (
        f'lines="$({sys.executable} -m local env --name {instance})" && eval "$lines" && env -0'
    )
    dump = subprocess.run(
        ["bash", "-c", command], cwd=_CHECKOUT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    return dict(line.split("=", 1) for line in dump.split("\0") if line)
