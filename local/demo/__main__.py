"""`make demo`: a real release of a real OCR model, under load, on this machine."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from infra.config import load_file
from local import interrupts
from local.cluster.layout import Layout
from local.demo import acts
from local.demo.shell import CommandError, Shell
from local.demo.story import PromiseError, Story
from local.demo.table import render
from local.load.client import Target
from local.load.generator import Load, capacity, pages

ROOT = Path(__file__).parents[2]
MODEL = "ocr"
# Requests a second: what the demo sends where there is power for twice as many. The rest is for
# Pulumi and the cluster, which share the machine with the model.
MOST_REQUESTS = 20.0

_NEXT = """\
The platform is still running. To go on by hand:

  eval "$(python3 -m local env --name {name})"
  export {variable}={file}
  python -m local.load                         requests, and who answers them
  pulumi config set --path {weight} 5 && pulumi up
  pulumi stack output models                   what the stack remembers
  python -m rollout page --stack dev           {page}: what was taken back, and why
  python -m rollout explain ocr --stack dev    the same in words, with all evidence
  python -m rollout run ocr --to v1.2 --stack dev   the good one, by itself
  $EDITOR {file}
  python -m local down --name {name}                nothing of it is left

On a cluster of yours: docs/releasing.md"""


def main() -> int:
    """Exit status: 0 all promises kept, 1 one was not or a command failed, 2 wrong arguments."""
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--name", default="demo", help="which instance (default: demo)")
    try:
        layout = Layout(parser.parse_args().name)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    interrupts.deliver()
    try:
        _tell(layout)
    except (CommandError, PromiseError) as problem:
        print(f"\nthe demo stops here: {problem}", file=sys.stderr)
    except subprocess.CalledProcessError as problem:
        print(f"\nthe demo stops here: {problem}; its own words are above", file=sys.stderr)
    except KeyboardInterrupt:
        print("\ninterrupted; the same command begins anew", file=sys.stderr)
    else:
        return 0
    return 1


def _tell(layout: Layout) -> None:
    clock = Clock()
    clock.heading("The platform: a cluster with two GPU nodes, and a gateway")
    up = ["-m", "local", "up", "--name", layout.name]
    print(f"  $ python {' '.join(up)}", flush=True)
    subprocess.run([sys.executable, *up], cwd=ROOT, check=True)

    file = layout.state / "Pulumi.dev.yaml"
    variable = "PULUMI_OPTION_CONFIG_FILE"
    shell = Shell.of_instance(layout.name, ROOT, **{variable: str(file)})
    clock.heading("The stack: two versions, all requests to v1.1")
    print(f'  $ eval "$(python -m local env --name {layout.name})"')
    print(f"  $ export {variable}={file}    # a copy: the checkout stays as it is")
    acts.deploy(shell)

    clock.heading("Real requests")
    model = load_file(file).models[MODEL]
    target = Target(layout.url, model.host)
    acts.read_one(target)
    reached = capacity(target, pages(), seconds=3, clients=4)
    rate = min(MOST_REQUESTS, reached / 2)
    print(f"  > {reached:.1f} receipts a second at most; the load from here on: {rate:.1f}")
    with Load(target, pages(), rate) as load:
        story = Story(shell, load, model.rollout.window, clock.heading)
        try:
            acts.release(story, shell)
            acts.take_back(story, shell)
        finally:
            clock.heading("What came of it")
            print(render(story.rows), flush=True)
    print(
        "\n"
        + _NEXT.format(
            name=layout.name, variable=variable, file=file, weight=acts.WEIGHT_KEY, page=acts.PAGE
        )
    )


class Clock:
    """Headings, with the seconds since the start."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._number = 0

    def heading(self, title: str) -> None:
        self._number += 1
        elapsed = time.monotonic() - self._start
        print(f"\n[{elapsed:3.0f} s] {self._number}. {title}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
