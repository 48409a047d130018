"""The doctor's verdicts, on machines that lack one thing each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from local.doctor import CONTROLLERS_NEEDED, Finding, Machine, Verdict, examine, report

GIB = 1 << 30
FIT = Machine(
    system="Linux x86_64",
    root=True,
    go="1.26.8",
    memory=16 * GIB,
    disk_free=100 * GIB,
    controllers=CONTROLLERS_NEEDED | {"blkio"},
    packages_missing=(),
    has_apt=True,
    trials={"namespaces": None},
    ports_taken={},
)


def _faults(machine: Machine) -> list[Finding]:
    return [finding for finding in examine(machine) if finding.verdict is not Verdict.OK]


def test_a_fit_machine_is_found_fit() -> None:
    assert _faults(FIT) == []


@pytest.mark.parametrize(
    ("machine", "what", "remedy"),
    [
        (replace(FIT, system="Darwin arm64"), "Linux", "found Darwin arm64"),
        (replace(FIT, root=False), "root", "sudo"),
        (replace(FIT, go=None), "Go", "found none"),
        (replace(FIT, go="1.25.9"), "Go", "found 1.25.9"),
        (replace(FIT, memory=4 * GIB), "memory", "found 4.0 GiB"),
        (replace(FIT, disk_free=GIB), "disk", "PADDLE_CANARY_CACHE"),
        (replace(FIT, controllers=frozenset({"cpu", "cpuset"})), "cgroup", "memory, pids"),
        (replace(FIT, trials={"overlay": "no such device"}), "overlay", "no such device"),
        (replace(FIT, ports_taken={"gateway": 18080}), "18080 (gateway)", "--name"),
    ],
)
def test_each_lack_is_named_with_what_was_found_and_what_to_do(
    machine: Machine, what: str, remedy: str
) -> None:
    (fault,) = _faults(machine)

    assert fault.verdict is Verdict.MISSING
    assert what in fault.what
    assert remedy in fault.remedy
    assert fault.remedy in report([fault])


def test_a_newer_go_is_fine_though_its_number_sorts_before() -> None:
    assert _faults(replace(FIT, go="1.100")) == []


def test_missing_packages_are_installed_where_apt_is() -> None:
    (fault,) = _faults(replace(FIT, packages_missing=("runc", "iptables")))

    assert fault.verdict is Verdict.INSTALLABLE
    assert "runc iptables" in fault.remedy


def test_missing_packages_without_apt_are_for_the_user() -> None:
    (fault,) = _faults(replace(FIT, packages_missing=("runc",), has_apt=False))

    assert fault.verdict is Verdict.MISSING


def test_all_lacks_are_told_at_once() -> None:
    assert len(_faults(replace(FIT, root=False, go=None, memory=GIB))) == 3
