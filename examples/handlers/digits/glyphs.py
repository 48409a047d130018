"""The digits that the network learns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ROWS = (
    "01110 00100 01110 11111 00010 11111 00110 11111 01110 01110",
    "10001 01100 10001 00010 00110 10000 01000 00001 10001 10001",
    "10011 00100 00001 00100 01010 11110 10000 00010 10001 10001",
    "10101 00100 00010 00010 10010 00001 11110 00100 01110 01111",
    "11001 00100 00100 00001 11111 00001 10001 01000 10001 00001",
    "10001 00100 01000 10001 00010 10001 10001 01000 10001 00010",
    "01110 01110 11111 01110 00010 01110 01110 01000 01110 01100",
)


def drawn(digit: int, top: int = 1, left: int = 3) -> NDArray[np.float32]:
    """Ink (16, 16) from 0 to 1: the digit, 14 pixels high and 10 wide."""
    bits = [[float(bit) for bit in row.split()[digit]] for row in _ROWS]
    ink = np.zeros((16, 16), np.float32)
    ink[top : top + 14, left : left + 10] = np.kron(np.array(bits), np.ones((2, 2)))
    return ink
