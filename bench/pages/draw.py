"""From a seed to a page: image, text, and what makes it easy or hard to read."""

from __future__ import annotations

import functools
import io
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bench.pages.words import chinese, english

_FONTS = Path("/usr/share/fonts/truetype")
_LATIN = {
    "sans": _FONTS / "dejavu/DejaVuSans.ttf",
    "bold": _FONTS / "dejavu/DejaVuSans-Bold.ttf",
    "serif": _FONTS / "dejavu/DejaVuSerif.ttf",
    "mono": _FONTS / "dejavu/DejaVuSansMono.ttf",
}
_CHINESE = {
    "hei": _FONTS / "wqy/wqy-microhei.ttc",
    "song": _FONTS / "arphic-gbsn00lp/gbsn00lp.ttf",
}
_PACKAGES = "fonts-dejavu-core fonts-wqy-microhei fonts-arphic-gbsn00lp"

# Pixels: widths of a phone's photograph made smaller, of a receipt, of half a page and of a page.
_WIDTHS = (360, 480, 640, 800)
_SIZES = (18, 22, 26, 32)
_MARGIN = 24
_LEADING = 1.7


@dataclass(frozen=True)
class Attributes:
    """What was done to a page.

    Attributes:
        width, height: pixels of the image.
        language: en, zh, or both in turn.
        font: of each language that the page has.
        size: of the letters, pixels.
        turned: by 180 degrees.
        skew: degrees, counter-clockwise, from -2 to 2.
        noise: deviation of a pixel's brightness, out of 255.
        blur: radius, pixels.
        format: png or jpeg.
    """

    width: int
    height: int
    language: str
    font: str
    size: int
    turned: bool
    skew: float
    noise: float
    blur: float
    format: str


@dataclass(frozen=True)
class Page:
    """An image file, its lines from top to bottom as they read upright, and how it was made."""

    image: bytes
    lines: tuple[str, ...]
    attributes: Attributes


def page(seed: int, turned: bool | None = None) -> Page:
    """The page of a seed: the same bytes each time, with the same fonts and version of Pillow.

    Args:
        turned: by 180 degrees, or not; by default the seed decides, one page in four. Nothing else
            changes, so that the two ways of one page can be compared.

    Raises:
        FileNotFoundError: a font is missing; the message has the names of the packages.
    """
    rng = random.Random(seed)  # noqa: S311
    language = rng.choice(("en", "zh", "both"))
    latin, han, size = rng.choice(list(_LATIN)), rng.choice(list(_CHINESE)), rng.choice(_SIZES)
    width, rows = rng.choice(_WIDTHS), rng.randrange(3, 11)
    by_chance = rng.random() < 0.25
    fonts = {"en": _font(_LATIN[latin], size), "zh": _font(_CHINESE[han], size)}
    lines = [
        _line(rng, chosen, fonts[chosen], width - 2 * _MARGIN)
        for chosen in (
            ("en", "zh")[row % 2] if language == "both" else language for row in range(rows)
        )
    ]
    paper = rng.randrange(225, 256)
    image = Image.new("L", (width, round(rows * size * _LEADING) + 2 * _MARGIN), paper)
    draw = ImageDraw.Draw(image)
    ink = rng.randrange(0, 80)
    for row, (text, font) in enumerate(lines):
        draw.text((_MARGIN, _MARGIN + round(row * size * _LEADING)), text, fill=ink, font=font)
    attributes = Attributes(
        *image.size,
        language=language,
        font={"en": latin, "zh": han}.get(language, f"{latin} {han}"),
        size=size,
        turned=by_chance if turned is None else turned,
        skew=round(rng.choice((0.0, 0.0, rng.uniform(-2, 2))), 2),
        noise=round(rng.choice((0.0, rng.uniform(2, 12))), 1),
        blur=round(rng.choice((0.0, 0.0, rng.uniform(0.3, 0.8))), 2),
        format=rng.choice(("png", "jpeg")),
    )
    quality = rng.randrange(60, 96)
    image = _worn(image, attributes, paper, seed)
    file = io.BytesIO()
    image.save(file, attributes.format, quality=quality)
    return Page(file.getvalue(), tuple(text for text, _ in lines), attributes)


def blank(side: int = 64) -> Page:
    """A white page without text, which is read in next to no time."""
    file = io.BytesIO()
    Image.new("L", (side, side), 255).save(file, "png")
    attributes = Attributes(
        *(side, side),
        language="en",
        font="",
        size=0,
        turned=False,
        skew=0.0,
        noise=0.0,
        blur=0.0,
        format="png",
    )
    return Page(file.getvalue(), (), attributes)


def _worn(image: Image.Image, attributes: Attributes, paper: int, seed: int) -> Image.Image:
    if attributes.skew:
        image = image.rotate(attributes.skew, Image.Resampling.BICUBIC, fillcolor=paper)
    if attributes.blur:
        image = image.filter(ImageFilter.GaussianBlur(attributes.blur))
    if attributes.noise:
        grain = np.random.default_rng(seed).normal(0, attributes.noise, (image.height, image.width))
        image = Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))
    return image.transpose(Image.Transpose.ROTATE_180) if attributes.turned else image


def _line(
    rng: random.Random, language: str, font: ImageFont.FreeTypeFont, width: int
) -> tuple[str, ImageFont.FreeTypeFont]:
    """A line that fits, and its font."""
    make = english if language == "en" else chinese
    while font.getlength(text := make(rng)) > width:
        pass
    return text, font


@functools.cache
def _font(path: Path, size: int) -> ImageFont.FreeTypeFont:
    try:
        return ImageFont.truetype(str(path), size)
    except OSError:
        raise FileNotFoundError(f"{path} is missing; install {_PACKAGES}") from None
