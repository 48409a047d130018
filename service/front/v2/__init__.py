"""The Open Inference Protocol, version 2, over HTTP, with its binary tensor extension: bytes and
headers to tensors, and back. Pure functions.

Sources: https://github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md
and, for the extension, docs/protocol/extension_binary_data.md of the Triton server. Where they are
silent this does what Triton does, except that it never converts values and never ignores bytes.
"""

from __future__ import annotations

HEADER_LENGTH = "Inference-Header-Content-Length"
"""HTTP header with the bytes of JSON in a body; what follows them is binary."""

JSON, BINARY = "application/json", "application/octet-stream"
