"""The secrets of the committed stack files are samples that everybody can decrypt."""

from __future__ import annotations

import base64
import re
from functools import cache
from hashlib import pbkdf2_hmac
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from local.environment import PASSPHRASE
from tests.unit.config.edits import STACKS


@cache
def key(salt: str) -> bytes:
    """Pulumi's key for a passphrase: sdk/go/common/resource/config/crypt.go."""
    return pbkdf2_hmac("sha256", PASSPHRASE.encode(), base64.b64decode(salt), 1_000_000, 32)


def decrypted(salt: str, ciphertext: str) -> str:
    """The text of `v1:<nonce>:<ciphertext>`."""
    version, nonce, sealed = ciphertext.split(":")
    assert version == "v1"
    opened = AESGCM(key(salt)).decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None)
    return opened.decode()


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.name)
def test_every_secret_opens_with_the_sample_passphrase(file: Path) -> None:
    text = file.read_text()
    found = re.search(r"^encryptionsalt: v1:([^:]+):(.+)$", text, re.MULTILINE)
    assert found
    salt, proof = found.groups()
    assert decrypted(salt, proof) == "pulumi"
    secrets = re.findall(r'secure: "?(v1:[^"\s}]+)', text)
    assert len(secrets) == text.count("secure:")
    for secret in secrets:
        # The last is an address inside the embedded platform.
        assert re.search("sample|example|^http://10[.]210[.]", decrypted(salt, secret))
