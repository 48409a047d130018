"""Image files are decoded strictly: what is broken, too large or unknown is the client's error."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from service.errors import RequestError
from service.handlers.images import decode


def _file(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "JPEG", "WEBP"])
def test_pixels_are_blue_green_red(kind: str) -> None:
    pixels = decode(_file(Image.new("RGB", (40, 20), (250, 0, 0)), kind), 1000)
    assert pixels.shape == (20, 40, 3)
    assert pixels.dtype == np.uint8
    assert pixels[10, 20, 2] > 240
    assert pixels[10, 20, 0] < 20


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA"])
def test_every_common_mode_becomes_three_channels(mode: str) -> None:
    assert decode(_file(Image.new(mode, (8, 4)), "PNG"), 1000).shape == (4, 8, 3)


def test_transparent_is_white_as_paper() -> None:
    assert (decode(_file(Image.new("RGBA", (8, 4), (0, 0, 0, 0)), "PNG"), 1000) == 255).all()


def test_the_camera_orientation_is_followed() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    assert decode(_file(Image.new("RGB", (8, 4)), "JPEG", exif=exif), 1000).shape == (8, 4, 3)


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    bomb = _file(Image.new("1", (6000, 6000)), "PNG")
    with pytest.raises(RequestError, match="6000 x 6000") as refused:
        decode(bomb, 25_000_000)
    assert refused.value.status == 413


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_file_cut_off_is_refused(kind: str, share: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (50, 50, 3), np.uint8)
    whole = _file(Image.fromarray(noise), kind)
    with pytest.raises(RequestError, match="damaged or cut off") as refused:
        decode(whole[: int(len(whole) * share)], 10000)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "body", [b"x", b"\x89PNG\r\n\x1a\n", b"GIF89a\x01\x00\x01\x00\x00\x00\x00"]
)
def test_what_is_no_image_is_refused_with_the_formats(body: bytes) -> None:
    with pytest.raises(RequestError) as refused:
        decode(body, 1000)
    assert refused.value.status in (400, 415)


def test_random_damage_never_raises_anything_else() -> None:
    rng = np.random.default_rng(2)
    noise = Image.fromarray(rng.integers(0, 255, (30, 30, 3), np.uint8))
    for kind in ("PNG", "JPEG", "WEBP", "BMP"):
        whole = np.frombuffer(_file(noise, kind), np.uint8)
        for _ in range(300):
            damaged = whole.copy()
            damaged[rng.integers(0, len(whole), 4)] = rng.integers(0, 255, 4)
            try:
                decode(damaged.tobytes(), 10_000)
            except RequestError as refused:
                assert 400 <= refused.status < 500
