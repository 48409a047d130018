"""`python -m examples.handlers.digits.train DIRECTORY`: the network of this example, in seconds.

Paddle 2 writes `inference.pdmodel`, Paddle 3 `inference.json`; with FLAGS_enable_pir_api=0 in the
environment Paddle 3 writes `inference.pdmodel` as well, which both can serve.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import paddle
from numpy.typing import NDArray
from paddle import nn

from examples.handlers.digits.glyphs import drawn

_STEPS, _ROWS = 150, 64


def _batch(rng: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    digits = rng.integers(0, 10, _ROWS)
    ink = np.stack([drawn(int(digit), *rng.integers(0, (3, 7))) for digit in digits])
    noise = rng.normal(0, 0.1, ink.shape)
    return (ink + noise).astype(np.float32)[:, None], digits


def main(directory: Path) -> None:
    paddle.seed(1)
    rng = np.random.default_rng(1)
    network = nn.Sequential(
        nn.Conv2D(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2D(2),
        nn.Flatten(),
        nn.Linear(8 * 8 * 8, 10),
    )
    optimizer = paddle.optimizer.Adam(0.01, parameters=network.parameters())
    for _ in range(_STEPS):
        ink, digits = _batch(rng)
        loss = nn.functional.cross_entropy(network(paddle.to_tensor(ink)), paddle.to_tensor(digits))
        loss.backward()
        optimizer.step()
        optimizer.clear_grad()
    whole = nn.Sequential(network, nn.Softmax())
    whole.eval()
    ink = paddle.static.InputSpec([None, 1, 16, 16], "float32", "ink")
    paddle.jit.save(whole, str(directory / "inference"), input_spec=[ink])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
