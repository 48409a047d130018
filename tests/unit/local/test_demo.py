from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from local.demo.shell import CommandError, Shell, essence
from local.demo.story import Step, _lost
from local.demo.table import Row, render
from local.load.answers import Answer

_UPDATE = """\
Updating (dev):
    pulumi:pulumi:Stack paddle-canary-dev  warning: using pulumi-language-python from $PATH
@ updating....
 ~  kubernetes:networking.k8s.io/v1:Ingress ocr-canary updating (0s) [diff: ~metadata]
 ~  kubernetes:networking.k8s.io/v1:Ingress ocr-canary updated (0.28s) [diff: ~metadata];
 +  pulumi:pulumi:Stack paddle-canary-dev created (29s) 3 warnings
Outputs:
  ~ models   : {
      ~ ocr: {
          ~ canary  : {
              + v1.2: 5

Resources:
    ~ 1 updated
    15 unchanged

Duration: 4s
"""
_REFUSAL = """\
    pulumi:pulumi:Stack paddle-canary-dev running error: the guard refuses this change of traffic
Diagnostics:
  pulumi:pulumi:Stack (paddle-canary-dev):
    warning: using pulumi-language-python from $PATH
    error: the guard refuses this change of traffic; nothing was changed
      models.ocr.canary["v1.2"]: found 100; from 5% the next step is 20%; write 20 or less
    error: an unhandled error occurred: program exited with non-zero exit code: 1

Resources:
    1 unchanged
    1 errored
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(dict(os.environ), tmp_path)


def test_of_an_update_its_changes_and_their_number_are_shown() -> None:
    assert [line.strip() for line in essence(_UPDATE.splitlines())] == [
        "~  kubernetes:networking.k8s.io/v1:Ingress ocr-canary updated (0.28s) [diff: ~metadata];",
        "~ 1 updated",
        "15 unchanged",
    ]


def test_of_a_refusal_its_message_and_reasons_are_shown() -> None:
    assert [line.strip() for line in essence(_REFUSAL.splitlines())] == [
        "error: the guard refuses this change of traffic; nothing was changed",
        'models.ocr.canary["v1.2"]: found 100; from 5% the next step is 20%; write 20 or less',
        "1 unchanged",
    ]


def test_a_command_is_shown_before_its_output(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell.run("echo done") == "done\n"
    assert capsys.readouterr().out == "  $ echo done\n    done\n"


def test_a_command_that_fails_tells_what_it_said(shell: Shell) -> None:
    with pytest.raises(CommandError, match=r"(?s)`echo why; exit 3` ended with status 3:\nwhy"):
        shell.run("echo why; exit 3")


def test_a_command_that_should_be_refused_and_is_not_is_an_error(shell: Shell) -> None:
    assert shell.run("exit 1", refused=True) == ""
    with pytest.raises(CommandError, match="`true` was not refused"):
        shell.run("true", refused=True)


def test_the_table_sums_what_was_sent_and_failed() -> None:
    rows = [
        Row("5% for v1.2", 5, 2000, 0, 5.01, 30.25),
        Row("The pod is killed", None, 90, 1, None, 9),
    ]

    assert render(rows).splitlines() == [
        "step               weight  sent  failed  measured  seconds",
        "5% for v1.2            5%  2000       0     5.01%     30.2",
        "The pod is killed            90       1                9.0",
        "in all                     2090       1               39.2",
    ]


def test_what_is_followed_is_shown_and_must_end_as_told(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.follow("echo one; echo two >&2; exit 1", status=1)
    assert capsys.readouterr().out.splitlines()[1:] == ["    one", "    two"]
    with pytest.raises(CommandError, match="`exit 3` ended with status 3"):
        shell.follow("exit 3", status=1)


def test_what_runs_beside_ends_with_the_block(shell: Shell, tmp_path: Path) -> None:
    with shell.beside("sleep 60"):
        begun = time.monotonic()
    assert time.monotonic() - begun < 10


def failed(version: str | None, sent: float) -> Answer:
    return Answer(sent, sent, sent + 0.1, version, "HTTP 504")


def test_a_faulty_canary_may_fail_what_it_got_until_it_was_taken_back() -> None:
    step = Step(0.0, live=10.0, faulty=True)
    assert _lost(step, [failed("v1.2", 5), Answer(6, 6, 6.1, "v1.1", None)]) == 0
    assert _lost(step, [failed("v1.1", 5)]) == 1
    assert _lost(step, [failed(None, 5)]) == 1
    assert _lost(step, [failed("v1.2", 11)]) == 1
    assert _lost(Step(0.0), [failed("v1.2", 5)]) == 1
