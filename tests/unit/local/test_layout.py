"""Names of instances, and what follows from them."""

from __future__ import annotations

import pytest

from local.cluster.layout import Layout


def test_demo_and_test_publish_the_documented_ports() -> None:
    assert Layout("demo").url == "http://127.0.0.1:18080"
    assert Layout("test").url == "http://127.0.0.1:18180"


@pytest.mark.parametrize("other", ["test", "mine", "alice", "ci-42"])
def test_other_instances_share_no_port_and_no_directory_with_demo(other: str) -> None:
    demo, layout = Layout("demo"), Layout(other)

    assert not set(layout.ports.values()) & set(demo.ports.values())
    assert layout.state != demo.state
    assert layout.run != demo.run
    assert layout.cgroup != demo.cgroup


def test_any_name_gets_unprivileged_ports_below_the_ephemeral_range() -> None:
    ports = [port for i in range(500) for port in Layout(f"n{i}").ports.values()]

    assert min(ports) >= 18080
    assert max(ports) < 32768


def test_the_same_name_gets_the_same_ports_every_time() -> None:
    assert Layout("mine").ports == Layout("mine").ports


@pytest.mark.parametrize("name", ["", "Demo", "../demo", "a/b", "-a", "a-", "1st", "a" * 33, "a b"])
def test_a_name_that_is_no_directory_or_cgroup_is_refused_with_the_rule(name: str) -> None:
    with pytest.raises(ValueError, match="lower-case letters, digits and inner dashes"):
        Layout(name)


def test_nodes_have_addresses_and_pod_ranges_of_their_own() -> None:
    first, second = Layout("demo").nodes

    assert (first.name, second.name) == ("gpu-node-1", "gpu-node-2")
    assert first.ip != second.ip
    assert first.pods != second.pods
