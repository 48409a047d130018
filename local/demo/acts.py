"""The acts of the demo, in the order in which they are told."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

from local.cluster.layout import NODES
from local.demo.pods import first_process, kill
from local.demo.shell import Shell
from local.demo.story import CANARY, Story
from local.load.client import VERSION_HEADER, Target
from local.receipts import receipt

_MODEL = "paddle-canary:models.ocr"
WEIGHT_KEY = f"""'{_MODEL}.canary["{CANARY}"]'"""
_CANARY_NODE = NODES[1]
_REPLICAS = f"""pulumi config set --path '{_MODEL}.versions["{CANARY}"].replicas'"""
_DRAIN = f"kubectl drain {_CANARY_NODE} --ignore-daemonsets --delete-emptydir-data"
_RECOVERED = "kubectl rollout status deployment/ocr-v1-2 -n paddle-models --timeout=120s"
# Without its fast kernels it takes longer for a page than it is given.
_FAULT = {"ONEDNN": "0", "DEADLINE_SECONDS": "0.1"}
_FORGET = "kubectl delete configmap rollout-ocr -n paddle-models --ignore-not-found"
PAGE = "http://127.0.0.1:8088"
_POD_UID = (
    "kubectl get pods -n paddle-models -l paddle-canary.dev/version=v1.2"
    " -o jsonpath='{.items[0].metadata.uid}'"
)


def deploy(shell: Shell) -> None:
    """Bring the stack to its beginning, from nothing or from where an earlier demo left it."""
    shell.run('cp Pulumi.dev.yaml "$PULUMI_OPTION_CONFIG_FILE"')
    shell.run("pulumi stack select dev --create")
    shell.run("pulumi up --yes --skip-preview")


def read_one(target: Target) -> None:
    """Show what a request is."""
    page, lines = receipt(1)
    connection = http.client.HTTPConnection(urlsplit(target.url).netloc)
    connection.request("POST", "/infer", page, {"Host": target.host, "Content-Type": "image/png"})
    answer = connection.getresponse()
    found = [line["text"] for line in json.load(answer)["lines"]]
    connection.close()
    print(f"  > printed on the receipt: {' | '.join(lines)}")
    print(f"  > read by {answer.headers[VERSION_HEADER]}:            {' | '.join(found)}")


def release(story: Story, shell: Shell) -> None:
    """Everything that happens to a release, under the story's load."""
    for weight in (5, 20):
        with story.step(f"{weight}% for {CANARY}, measured", weight) as step:
            story.change(step, _weight(weight))
            story.measure(step)
    _kill(story, shell)
    with story.step("Its node is not drained now", None):
        try:
            shell.run(f"{_DRAIN} --timeout=3s", refused=True)
        finally:
            shell.run(f"kubectl uncordon {_CANARY_NODE}")
    with story.step("A jump to 100% is refused", 20) as step:
        shell.run(_weight(100))
        shell.run("pulumi up --yes --skip-preview", refused=True)
        story.settle(step)
        story.see(step)
    with story.step("Roll-back to 0%", 0) as step:
        story.change(step, _weight(0))
        story.see(step)
    with story.step(f"Its node is drained without {CANARY}", 0) as step:
        story.change(step, f"pulumi config rm --path {WEIGHT_KEY}", f"{_REPLICAS} 0")
        try:
            shell.run(_DRAIN)
            story.see(step)
        finally:
            shell.run(f"kubectl uncordon {_CANARY_NODE}")
        shell.run(f"{_REPLICAS} 1")
    for weight in (5, 20, 50, 100):
        with story.step(f"{weight}% for {CANARY}", weight) as step:
            story.change(step, _weight(weight))
            story.watch()
    with story.step(f"{CANARY} is promoted", 100) as step:
        story.change(step, _stable(CANARY), f"pulumi config rm --path {WEIGHT_KEY}")
        story.see(step)
    with story.step("Back to v1.1", 0) as step:
        story.change(step, _stable("v1.1"))
        story.see(step)


def take_back(story: Story, shell: Shell) -> None:
    """A bad version that the controller releases, and takes back while its page is open."""
    with story.step(f"A bad {CANARY} is released by itself, and taken back", 0) as step:
        step.faulty = True
        # What an earlier demo that was interrupted has left under way.
        shell.run(_FORGET)
        for name, value in _FAULT.items():
            shell.run(f"pulumi config set --type string --path {_env(name)} {value}")
        shell.run("pulumi up --yes --skip-preview")
        with shell.beside("python -m rollout page --stack dev"):
            print(f"  > open it now: {PAGE}", flush=True)
            shell.follow(f"python -m rollout run ocr --to {CANARY} --stack dev", status=1)
            print(f"  > the page says: {_page_says()}")
        shell.run("python -m rollout history ocr --stack dev")
        story.settle(step)
        story.see(step)
        for name in _FAULT:
            shell.run(f"pulumi config rm --path {_env(name)}")


def _page_says() -> str:
    """The headlines of the page."""
    connection = http.client.HTTPConnection(urlsplit(PAGE).netloc, timeout=10)
    connection.request("GET", "/api/rollouts")
    rollouts = json.load(connection.getresponse())["rollouts"]
    connection.close()
    return ", ".join(each["headline"] for each in rollouts if "headline" in each)


def _env(name: str) -> str:
    return f"""'{_MODEL}.versions["{CANARY}"].env.{name}'"""


def _kill(story: Story, shell: Shell) -> None:
    with story.step("The canary's pod is killed", None) as step:
        uid = shell.run(_POD_UID)
        number = first_process(uid.strip())
        print(f"  $ kill -KILL {number}    # its first process, as this machine counts")
        step.killed = kill(number)
        story.settle(step)
        shell.run(_RECOVERED)


def _weight(weight: int) -> str:
    return f"pulumi config set --path {WEIGHT_KEY} {weight}"


def _stable(version: str) -> str:
    return f"pulumi config set --path '{_MODEL}.stable' {version}"
