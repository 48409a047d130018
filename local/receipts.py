"""Small receipts with known text, for real OCR requests in tests and in the demo."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw, ImageFont

_WIDTH, _LINE_HEIGHT, _MARGIN = 160, 30, 10  # pixels; small pages are what makes OCR fast
_FONT_SIZE = 22
_SHOPS = ("CAFE LUNA", "NORD BAR", "TEA HOUSE", "GREEN DELI", "PORT GRILL", "OLD BAKERY")
_GOODS = ("TEA", "PIE", "SOUP", "CAKE", "MILK", "BREAD", "JUICE", "SALAD")


def receipt(seed: int, turned: bool = False) -> tuple[bytes, list[str]]:
    """A receipt as PNG, and its lines from top to bottom as they read upright.

    Args:
        seed: the same seed gives the same page.
        turned: the page is upside down, as a careless scan is.
    """
    lines = _lines(random.Random(seed))  # noqa: S311
    page = Image.new("L", (_WIDTH, len(lines) * _LINE_HEIGHT + 2 * _MARGIN), "white")
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(_FONT_SIZE)
    for row, line in enumerate(lines):
        draw.text((_MARGIN, _MARGIN + row * _LINE_HEIGHT), line, fill="black", font=font)
    if turned:
        page = page.transpose(Image.Transpose.ROTATE_180)
    file = io.BytesIO()
    page.save(file, "PNG")
    return file.getvalue(), lines


def _lines(rng: random.Random) -> list[str]:
    goods = rng.sample(_GOODS, 2)
    prices = [rng.randrange(110, 990) for _ in goods]
    items = [f"{good} {cents / 100:.2f}" for good, cents in zip(goods, prices, strict=True)]
    return [rng.choice(_SHOPS), *items, f"SUM {sum(prices) / 100:.2f}"]
