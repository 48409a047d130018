"""Small receipts with known text, for real OCR requests in tests and in the demo."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw, ImageFont

# Pixels. Recognising costs by the length of a line over its height, so short lines in narrow
# letters are what makes a receipt fast to read.
_FONT_SIZE, _LINE_HEIGHT, _MARGIN, _WIDTH = 24, 32, 8, 174
_NARROWED = 0.6

_SHOPS = ("LUNA", "NORD", "TEAHOUSE", "BAKERY", "GRILL")
_GOODS = ("TEA", "PIE", "SOUP", "CAKE", "MILK", "BREAD", "JUICE", "SALAD")


def receipt(seed: int, turned: bool = False) -> tuple[bytes, list[str]]:
    """A receipt of four lines as PNG, and its lines from top to bottom as they read upright.

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
    page = page.resize((round(_WIDTH * _NARROWED), page.height), Image.Resampling.LANCZOS)
    if turned:
        page = page.transpose(Image.Transpose.ROTATE_180)
    file = io.BytesIO()
    page.save(file, "PNG")
    return file.getvalue(), lines


def _lines(rng: random.Random) -> list[str]:
    # No blanks: PP-OCRv4 reads narrow ones only now and then.
    goods = rng.sample(_GOODS, 2)
    cents = [rng.randrange(110, 990) for _ in goods]
    items = [f"{good}:{price / 100:.2f}" for good, price in zip(goods, cents, strict=True)]
    return [rng.choice(_SHOPS), *items, f"SUM:{sum(cents) / 100:.2f}"]
