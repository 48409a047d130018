"""What CoreDNS is told."""

from __future__ import annotations

from local.cluster.dns import corefile
from local.cluster.layout import API_ADDRESS, Layout


def test_services_are_looked_up_in_the_instances_own_cluster() -> None:
    inside, _ = corefile(Layout("some")).split("\n. {\n")

    assert inside.startswith("cluster.local {")
    assert "kubeconfig /var/lib/paddle-canary/some/pki/admin.kubeconfig" in inside


def test_no_question_leaves_the_instance() -> None:
    text = corefile(Layout("some"))

    assert "forward" not in text
    assert "rcode NXDOMAIN" in text.split("\n. {\n")[1]
    assert text.count(f"bind {API_ADDRESS}\n") == text.count(" {\n    bind")
