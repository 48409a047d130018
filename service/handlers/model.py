"""The model directory, as a handler gets it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from service.settings import Engine

if TYPE_CHECKING:
    from service.networks.predictor import Predictor


@dataclass(frozen=True)
class Model:
    """Where a model is, and what it runs on.

    Attributes:
        directory: has `model.yaml` and everything that belongs to the model.
        gpu: index of the GPU that this worker drives, if the engine has any.
        max_pixels: largest image that `service.handlers.images.decode` is to take.
    """

    directory: Path
    engine: Engine
    gpu: int
    max_pixels: int

    @property
    def on_gpu(self) -> bool:
        return self.engine.gpus > 0

    def network(self, folder: str = ".", max_batch: int = 1) -> Predictor:
        """The network in a folder of the model directory.

        Args:
            max_batch: rows that one run takes at most; 0 if the first axis is no rows.

        Raises:
            StartError: it cannot be loaded.
        """
        # Imported here: handlers can be read, and tested with another network, without paddle.
        from service.networks.predictor import Predictor  # noqa: PLC0415

        return Predictor(self.directory / folder, self.engine, max_batch, self.gpu)
