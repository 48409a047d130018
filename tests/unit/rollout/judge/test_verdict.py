"""What a verdict says to people and as JSON."""

from __future__ import annotations

from dataclasses import replace

from rollout.judge.samples import Tally
from rollout.judge.verdict import Need, SignalEvidence, Verdict

ERRORS = SignalEvidence("errors", Tally(1, 500), Tally(9, 4500), 0.3679, 20.09, (1.0, 6.0))
SLOWER = SignalEvidence("slower_1", Tally(40, 500), Tally(10, 4500), 4711.0, None, (1.0, 120.0))
HOLD = Verdict(
    t=700.0,
    decision="hold",
    signal="",
    elapsed=600.0,
    requests=500,
    rollback=4711.25,
    rollback_at=100.0,
    promotion=20.09,
    promotion_at=50.0,
    share=0.1,
    needs=(),
    signals=(ERRORS, SLOWER),
    late=0,
    restarts=0,
)


def reason(*needs: Need) -> str:
    return replace(HOLD, needs=needs).reason()


def test_a_promotion_says_that_all_is_shown() -> None:
    told = replace(HOLD, decision="promote").reason()
    assert told == "the window is over and every signal has shown that it is good"


def test_a_rollback_counts_what_its_signal_saw() -> None:
    told = replace(HOLD, decision="rollback", signal="slower_1").reason()
    assert told == ("slower_1: 40 of 500 in the canary, 10 of 4500 in stable: no chance, at E 4711")


def test_each_need_is_a_phrase() -> None:
    assert reason(Need("data", "", 0, 1)) == "no new samples of both arms"
    assert reason(Need("window", "", 570, 600)) == "30 s of the window are left"
    assert reason(Need("requests", "", 499, 500)) == "499 of 500 requests"
    assert reason(Need("evidence", "errors", 2.718, 50)) == ("errors: E 2.72 of 50 that it is good")
    assert reason(Need("calm", "errors", 10.11, 10)) == (
        "errors: 1 of 500 in the canary, 9 of 4500 in stable: E 10.1 speaks against the canary"
    )


def test_needs_are_told_one_after_the_other() -> None:
    told = reason(Need("data", "", 0, 1), Need("requests", "", 499, 500))
    assert told == "no new samples of both arms; 499 of 500 requests"


def test_json_has_every_field_and_calls_the_decision_verdict() -> None:
    told = replace(HOLD, needs=(Need("requests", "", 499, 500),)).as_json()
    assert list(told)[:3] == ["t", "verdict", "reason"]
    assert (told["t"], told["verdict"], told["reason"]) == (700, "hold", "499 of 500 requests")
    assert "decision" not in told
    assert told["signals"][0] == {
        "signal": "errors",
        "canary": {"bad": 1, "total": 500},
        "stable": {"bad": 9, "total": 4500},
        "rollback": 0.3679,
        "promotion": 20.09,
        "dispersion": (1.0, 6.0),
    }
    assert told["needs"] == ({"kind": "requests", "signal": "", "found": 499, "wanted": 500},)
    assert told["late"] == told["restarts"] == 0
