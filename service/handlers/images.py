"""From the bytes of an image file to pixels."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from service.errors import RequestError

Pixels = NDArray[np.uint8]

_FORMATS = ("PNG", "JPEG", "WEBP", "BMP")
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")


def decode(image: bytes, max_pixels: int) -> Pixels:
    """Pixels (height, width, 3) in the order blue, green, red, turned as the camera's tag says.

    Transparent pixels become white, as on paper. The size is checked before anything is unfolded.

    Raises:
        RequestError: 415 for another format, 413 for more than max_pixels, 400 for a broken file.
    """
    try:
        with Image.open(io.BytesIO(image), formats=_FORMATS) as file:
            width, height = file.size
            if width * height > max_pixels:
                raise RequestError(
                    413, f"the image is {width} x {height}; at most {max_pixels} pixels are taken"
                )
            if file.mode not in _MODES:
                raise RequestError(415, f"the image has mode {file.mode}; send 8 bits a channel")
            upright = ImageOps.exif_transpose(file)
            if upright.has_transparency_data:
                paper = Image.new("RGBA", upright.size, "white")
                upright = Image.alpha_composite(paper, upright.convert("RGBA"))
            rgb = np.asarray(upright.convert("RGB"))
    except UnidentifiedImageError:
        raise RequestError(
            415, f"the body is no image; send one of {', '.join(_FORMATS)}"
        ) from None
    except Image.DecompressionBombError:
        raise RequestError(413, f"at most {max_pixels} pixels are taken") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise RequestError(400, f"the image is damaged or cut off: {error}") from None
    return np.ascontiguousarray(rgb[:, :, ::-1])
