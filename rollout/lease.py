"""A Lease by which one controller at a time drives a rollout.

The election of the official client ends with an exception when the API server is away for a
moment, which is when a rollout must not lose its driver; so this one counts time by itself.
https://kubernetes.io/docs/concepts/architecture/leases/
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

from kubernetes import client

from rollout.kube import TIMEOUT, ClusterAway, Conflict, asked, is_missing

SECONDS = 15
"""How long a lease holds that is not renewed: the time for which a killed controller is missed."""
_RENEW_SECONDS = 3
# A holder stops acting before anybody else may begin, by clocks that run at the same speed.
_SAFE_SECONDS = 10


class Lease:
    """The lease of one rollout. `holder` must be unique to this process."""

    def __init__(self, api: client.ApiClient, namespace: str, name: str, holder: str) -> None:
        self._api = client.CoordinationV1Api(api)
        self._namespace, self._name, self._holder = namespace, name, holder
        self._renewed = -float("inf")
        self._seen: tuple[str | None, datetime | None] = (None, None)
        self._seen_at = -float("inf")
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def held(self) -> bool:
        """Whether this process may act now."""
        return time.monotonic() - self._renewed < _SAFE_SECONDS

    def acquire(self) -> str | None:
        """Try once; the name of the holder who is in the way, None when it is ours now.

        Who is in the way must have been seen without a renewal for the lease's whole time, by our
        own clock: clocks of two machines may differ. Raises ClusterAway.
        """
        try:
            in_the_way = self._try()
        except Conflict:
            return "somebody who was quicker"
        if in_the_way is None and self._thread is None:
            self._thread = threading.Thread(target=self._renew, daemon=True)
            self._thread.start()
        return in_the_way

    def release(self) -> None:
        """Let the next one in at once; nothing happens if the cluster is away."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if not self.held:
            return
        self._renewed = -float("inf")
        try:
            lease = self._read()
            if lease is not None and lease.spec.holder_identity == self._holder:
                lease.spec.holder_identity = ""
                self._write(lease)
        except (ClusterAway, Conflict):
            pass

    def _try(self) -> str | None:
        asked_at = time.monotonic()
        lease = self._read()
        if lease is None:
            body = client.V1Lease(
                metadata=client.V1ObjectMeta(name=self._name), spec=self._spec(None)
            )
            with asked(f"create lease {self._name}"):
                self._api.create_namespaced_lease(self._namespace, body, _request_timeout=TIMEOUT)
            self._renewed = asked_at
            return None
        holder, renewed = lease.spec.holder_identity, lease.spec.renew_time
        if (holder, renewed) != self._seen:
            self._seen, self._seen_at = (holder, renewed), asked_at
        if holder and holder != self._holder and asked_at - self._seen_at < SECONDS:
            return str(holder)
        lease.spec = self._spec(lease.spec)
        self._write(lease)
        self._renewed = asked_at
        return None

    def _renew(self) -> None:
        while not self._stop.wait(_RENEW_SECONDS):
            try:
                if self._try() is not None:
                    self._renewed = -float("inf")
            except (ClusterAway, Conflict):
                continue

    def _read(self) -> client.V1Lease | None:
        try:
            with asked(f"read lease {self._name}"):
                return self._api.read_namespaced_lease(
                    self._name, self._namespace, _request_timeout=TIMEOUT
                )
        except ClusterAway as error:
            if is_missing(error):
                return None
            raise

    def _write(self, lease: client.V1Lease) -> None:
        with asked(f"write lease {self._name}"):
            self._api.replace_namespaced_lease(
                self._name, self._namespace, lease, _request_timeout=TIMEOUT
            )

    def _spec(self, before: client.V1LeaseSpec | None) -> client.V1LeaseSpec:
        now = datetime.now(UTC)
        ours = before is not None and before.holder_identity == self._holder
        changes = 0 if before is None else int(before.lease_transitions or 0) + (not ours)
        return client.V1LeaseSpec(
            holder_identity=self._holder,
            lease_duration_seconds=SECONDS,
            acquire_time=before.acquire_time if before is not None and ours else now,
            renew_time=now,
            lease_transitions=changes,
        )
