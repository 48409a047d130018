"""What a model developer writes: a class that turns the bytes of one request into an answer."""

from __future__ import annotations

from typing import Any, Protocol

import yaml

from service.errors import StartError
from service.settings import Settings


class Handler(Protocol):
    """One model in one worker process. All calls come from one thread."""

    def warm_up(self) -> None:
        """Runs the model once on the shapes that requests will have."""

    def answer(self, image: bytes) -> dict[str, Any]:
        """What the model says about the image, as it becomes JSON.

        Raises:
            RequestError: the bytes are not an image that this handler takes.
        """


def load(settings: Settings) -> Handler:
    """The handler that `model.yaml` in the model directory names.

    Raises:
        StartError: the file or one that it needs is missing or not usable.
    """
    path = settings.model_dir / "model.yaml"
    try:
        spec = yaml.safe_load(path.read_text())
    except OSError as error:
        raise StartError(
            f"{path} cannot be read ({error.strerror}); mount the model there"
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise StartError(f"{path} is not YAML") from None
    name = spec.get("handler") if isinstance(spec, dict) else None
    if name != "ocr":
        raise StartError(f"{path}: handler is {name!r}; this image has: ocr")
    # Imported here: the front reads this module too, and must stay free of paddle.
    from service.handlers.ocr import Ocr  # noqa: PLC0415

    return Ocr(settings.model_dir, spec.get("stages"), settings.max_pixels)
