"""The controller on a real cluster: real pods, real traffic, the real engine."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from local.cluster import robots
from local.cluster.layout import Layout
from local.load.client import Target
from local.load.generator import Load
from local.receipts import receipt
from tests.cluster.conftest import NAME
from tests.cluster.rollouts import FAULTY, HOST, Released
from tests.cluster.stacks import Stack, kill_session
from tests.cluster.watched import eventually

# Requests a second, of two kinds of pages. A faulty version gives up on a large one, which takes
# far longer than the tenth of a second that it has. A step is passed after some 1,500 answers that
# are neither late nor wrong: small empty pages, through the real networks still, come fast enough.
LARGE, EMPTY = 3, 50
# A minute on a quiet machine. On a busy one both versions are late in bursts, which prove little.
PATIENCE = 420
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def released(new_stack: Callable[[str], Stack]) -> Iterator[Released]:
    """v1.1 is stable; v1.2 and a faulty v1.3 are deployed, without requests."""
    found = Released(new_stack("released"), Layout(NAME))
    found.stack.platform.kubectl(
        "delete", "namespace", found.stack.monitoring, "--ignore-not-found"
    )
    found.write()
    run = found.stack.up()
    assert run.status == 0, run.text
    yield found
    run = found.stack.pulumi("destroy", "--yes", "--skip-preview")
    assert run.status == 0, run.text


def load(released: Released, page: Image.Image, rate: float) -> Load:
    """Requests with one page, again and again."""
    file = io.BytesIO()
    page.save(file, "PNG")
    return Load(Target(released.stack.platform.url, HOST), [file.getvalue()], rate)


def large() -> Image.Image:
    """A receipt as a good camera takes it."""
    small = Image.open(io.BytesIO(receipt(1)[0]))
    return small.resize((4 * small.width, 4 * small.height))


def finished(process: subprocess.Popen[bytes], log: Path) -> int:
    """The exit status of a controller, whose words are in the error of one that never ends."""
    try:
        return process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        kill_session(process.pid)
        pytest.fail(f"the rollout has not ended:\n{log.read_text()}")


def assert_converged(released: Released) -> None:
    """An update would change nothing, and a refresh finds nothing that was changed."""
    preview = released.stack.pulumi("preview", "--refresh", "--diff", "--expect-no-changes")
    assert preview.status == 0, preview.text


def test_a_faulty_version_is_taken_back_the_live_weight_first(
    released: Released, tmp_path: Path
) -> None:
    log, began = tmp_path / "log", time.time()
    with load(released, large(), LARGE):
        process = released.start("run", "ocr", "--to", FAULTY, log=log)
        assert finished(process, log) == 1, log.read_text()

    journal = released.journal()
    assert journal[-1]["state"]["outcome"] == "rolled back", log.read_text()
    assert "in the canary" in journal[-1]["state"]["reason"]
    acts = [entry["state"]["act"] for entry in journal if entry["state"]["phase"] == "back"]
    assert [act["kind"] for act in acts] == ["patch", "up"]
    weights = [act["split"]["canary"] for act in acts]
    assert weights == [{FAULTY: 0}, {FAULTY: 0}]
    (taken_back,) = [
        entry for entry in journal if (entry["state"]["act"] or {}).get("kind") == "patch"
    ]
    assert taken_back["evidence"]["rollback"] >= taken_back["evidence"]["rollback_at"]
    assert released.stack.routed("ocr") == ("ocr-v1-1", {"ocr-v1-3": 0})
    assert set(released.stack.platform.answers(HOST, 10)) == {"v1.1"}
    assert_converged(released)

    def told() -> list[str]:
        texts = released.told(robots.DINGTALK[0], began)
        return [text for text in texts if f"ocr {FAULTY}: rolled back" in text]

    eventually("the owner's group reads that it was taken back", told, 30)
    assert len(told()) == 1


def test_a_killed_controller_is_followed_by_one_that_promotes(
    released: Released, tmp_path: Path
) -> None:
    released.write()
    run = released.stack.up()
    assert run.status == 0, run.text
    log = tmp_path / "log"
    with load(released, Image.new("L", (64, 64), "white"), EMPTY):
        first = released.start("run", "ocr", "--to", "v1.2", log=log)
        eventually(
            "the first step is live",
            lambda: released.state().get("phase") == "step" and not released.state()["act"],
            PATIENCE,
        )
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
        asked = len(released.journal())
        second = released.start("run", "ocr", "--to", "v1.2", log=log)
        assert finished(second, log) == 0, log.read_text()

    journal = released.journal()
    assert journal[-1]["state"]["outcome"] == "promoted", log.read_text()
    assert journal[asked - 1]["by"] != journal[-1]["by"]
    this = [entry["state"] for entry in journal if entry["state"]["new"] == "v1.2"]
    begun = [state["act"]["split"] for state in this if state["act"]]
    assert begun == [
        {"stable": "v1.1", "canary": {"v1.2": 0}},
        {"stable": "v1.1", "canary": {"v1.2": 50}},
        {"stable": "v1.1", "canary": {"v1.2": 100}},
        {"stable": "v1.2", "canary": {}},
    ]
    # No weight went up without evidence: each step was passed with a verdict in the journal.
    passed = [entry for entry in journal[asked:] if entry["state"]["act"]]
    assert [entry["evidence"]["verdict"] for entry in passed] == ["promote", "promote"]
    assert set(released.stack.platform.answers(HOST, 10)) == {"v1.2"}
    assert_converged(released)
